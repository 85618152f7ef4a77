// @ts-check
import { measure, readTask } from './measured.mjs'
import { openProject } from './project.mjs'

/** The product as built: `up` of one convertColumn on one table of many rows. */
const { step, ...task } = /** @type {import('./project.mjs').StoresTask & { step: string }} */ (readTask())
const { up, close } = await openProject(task, { step })
await measure(up)
await close()
