// @ts-check
import { measure, readTask } from './measured.mjs'
import { openProject } from './project.mjs'

/**
 * The product as built: plan and `up` of a change of every tenant's table, then a look whether any fell behind.
 * @typedef {import('./project.mjs').StoresTask & import('./project.mjs').ProjectContent} Task
 */
const { step, tenants, files, folder, ...stores } = /** @type {Task} */ (readTask())
const { migrator, up, close } = await openProject(stores, { step, tenants, files, folder })
await measure(async () => {
  const phases = await up()
  const started = performance.now()
  // Read before what the sign-ups of the last moments make: those come with the next `up`.
  const behind = await migrator.behind()
  if (behind !== 0) throw new Error(`${behind} tables were left behind`)
  return { ...phases, behind: (performance.now() - started) / 1000 }
})
await close()
