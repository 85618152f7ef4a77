// @ts-check
import { createRequire } from 'node:module'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { measure, readTask } from './measured.mjs'

/** fireway, installed in `folder`, running the script its users write: read all, then batches of 500, one after the other. */
const task = /** @type {import('./raw-firestore.mjs').DocumentsTask & { folder: string }} */ (readTask())
process.env['FIRESTORE_EMULATOR_HOST'] = task.host
process.env['GCLOUD_PROJECT'] = task.project
const path = join(task.folder, task.project)
mkdirSync(path, { recursive: true })
writeFileSync(
  join(path, 'v1.0.0__language.js'),
  `module.exports.migrate = async ({ firestore }) => {
  const { docs } = await firestore.collection(${JSON.stringify(task.collection)}).get()
  for (let at = 0; at < docs.length; at += 500) {
    const batch = firestore.batch()
    for (const doc of docs.slice(at, at + 500)) batch.update(doc.ref, { language: 'en' })
    await batch.commit()
  }
}`,
)
/** @type {{ migrate(options: object): Promise<{ updated: number }> }} */
const fireway = createRequire(join(task.folder, 'package.json'))('fireway')
await measure(async () => {
  const { updated } = await fireway.migrate({ path, projectId: task.project })
  if (updated !== task.count) throw new Error(`fireway updated ${updated} documents`)
})
process.exit(0)
