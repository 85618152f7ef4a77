// @ts-check
import { measure, readTask } from './measured.mjs'
import { openProject } from './project.mjs'

/** The product as built: plan and `up` of one addField, with everything on that makes it safe. */
const task = /** @type {import('./raw-firestore.mjs').DocumentsTask & import('./project.mjs').StoresTask} */ (
  readTask()
)
const step = `firestore.addField('${task.collection}/{id}', { language: 'en' })`
const { up, close } = await openProject(task, { step })
await measure(up)
await close()
