// @ts-check
import { measure, readTask } from './measured.mjs'
import { addLanguage, idsOf, openRaw, sendAll, sendBatch } from './raw-firestore.mjs'

/** The floor: no reading, no preconditions, nothing kept; 500 writes a request, 8 requests in flight. */
const task = /** @type {import('./raw-firestore.mjs').DocumentsTask} */ (readTask())
const raw = await openRaw(task)
const names = idsOf(task).map(raw.nameOf)

function* batches() {
  for (let at = 0; at < names.length; at += 500) yield names.slice(at, at + 500).map((name) => addLanguage(name))
}

await measure(() => sendAll(batches(), (writes) => sendBatch(raw, writes), 8))
await raw.client.close()
