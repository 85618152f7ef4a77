// @ts-check
import { measure, readTask } from './measured.mjs'
import { addLanguage, openRaw, sendAll, sendBatch } from './raw-firestore.mjs'

/** One keys-only stream by name that feeds update-time-preconditioned batches: safe beside live writers, keeps nothing. */
const task = /** @type {import('./raw-firestore.mjs').DocumentsTask} */ (readTask())
const raw = await openRaw(task)

async function* batches() {
  const stream = raw.client.runQuery(
    {
      parent: raw.root,
      structuredQuery: {
        from: [{ collectionId: task.collection }],
        select: { fields: [{ fieldPath: '__name__' }] },
        orderBy: [{ field: { fieldPath: '__name__' }, direction: 'ASCENDING' }],
      },
    },
    raw.call,
  )
  let page = []
  for await (const { document } of stream) {
    if (!document) continue
    page.push(addLanguage(document.name, { updateTime: document.updateTime }))
    if (page.length < 500) continue
    yield page
    page = []
  }
  if (page.length > 0) yield page
}

await measure(() => sendAll(batches(), (writes) => sendBatch(raw, writes), 8))
await raw.client.close()
