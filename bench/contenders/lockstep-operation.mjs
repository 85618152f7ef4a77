// @ts-check
import { measure, readTask } from './measured.mjs'
import { openProject } from './project.mjs'

/** One operation as built, to its end: plan, `up`, `complete`; the phases are timed by the run itself. */
const task =
  /** @type {import('./raw-firestore.mjs').DocumentsTask & import('./project.mjs').StoresTask & { step: string }} */ (
    readTask()
  )
const { up, migrator, migration, close } = await openProject(task, { step: task.step })
await measure(async () => {
  const phases = await up()
  await migrator.complete(migration)
  return phases
})
await close()
