// @ts-check
import sdk from '@google-cloud/firestore'
import { measure, readTask } from './measured.mjs'
import { idsOf } from './raw-firestore.mjs'

/** The SDK's own bulk tool on known keys, with or without its 500/50/5 throttle; no preconditions. */
const task = /** @type {import('./raw-firestore.mjs').DocumentsTask & { throttled: boolean }} */ (readTask())
process.env['FIRESTORE_EMULATOR_HOST'] = task.host
const firestore = new sdk.Firestore({ projectId: task.project })
await firestore.listCollections()
const collection = firestore.collection(task.collection)
const ids = idsOf(task)

await measure(async () => {
  const writer = firestore.bulkWriter({ throttling: task.throttled })
  /** @type {unknown[]} */
  const failures = []
  for (const id of ids) writer.update(collection.doc(id), { language: 'en' }).catch((error) => failures.push(error))
  await writer.close()
  if (failures.length > 0) throw new Error(`${failures.length} writes failed`)
})
await firestore.terminate()
