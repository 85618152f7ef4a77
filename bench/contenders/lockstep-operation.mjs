// @ts-check
import { measure, readTask } from './measured.mjs'
import { openProject } from './project.mjs'

/** One operation as built, to its end or `until` its pass is: plan, `up`, `complete`; the phases are timed by the run itself. */
const task =
  /** @type {import('./raw-firestore.mjs').DocumentsTask & import('./project.mjs').StoresTask & { step: string }} */ (
    readTask()
  )
const { up, complete, close } = await openProject(task, { step: task.step })
await measure(async () => {
  const phases = await up()
  if (task.until !== 'backfill') await complete()
  return phases
})
await close()
