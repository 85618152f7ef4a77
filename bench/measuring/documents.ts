import { idsOf, openRaw, sendAll, sendBatch } from '../contenders/raw-firestore.mjs'
import type { DocumentsTask, RawWrite } from '../contenders/raw-firestore.mjs'

/** Seven fields, about 290 bytes with the name. */
function chatOf(n: number): NonNullable<NonNullable<RawWrite['update']>['fields']> {
  return {
    phone: { stringValue: `+1555${String(n).padStart(7, '0')}` },
    title: { stringValue: `Conversation with customer number ${n}` },
    last: { stringValue: 'Thank you, that is all that I wanted to know for today. See you again soon!' },
    unread: { integerValue: n % 7 },
    score: { doubleValue: n / 8 },
    open: { booleanValue: n % 3 === 0 },
    at: { timestampValue: { seconds: 1_760_000_000 + n, nanos: 0 } },
  }
}

/** Fills the project's collection; resolves when all of it is there. */
export async function seedDocuments(task: DocumentsTask): Promise<void> {
  const raw = await openRaw(task)
  const ids = idsOf(task)
  const batches = function* (): Generator<RawWrite[]> {
    for (let at = 0; at < ids.length; at += 500) {
      yield ids.slice(at, at + 500).map((id, n) => ({ update: { name: raw.nameOf(id), fields: chatOf(at + n) } }))
    }
  }
  await sendAll(batches(), (writes) => sendBatch(raw, writes), 4)
  await raw.client.close()
}

/** Throws unless every document of the collection has the new field. */
export async function checkDocuments(task: DocumentsTask): Promise<void> {
  const { client, root, call } = await openRaw(task)
  const structuredQuery = {
    from: [{ collectionId: task.collection }],
    where: { fieldFilter: { field: { fieldPath: 'language' }, op: 'EQUAL' as const, value: { stringValue: 'en' } } },
  }
  const structuredAggregationQuery = { structuredQuery, aggregations: [{ alias: 'n', count: {} }] }
  let found = ''
  const stream: AsyncIterable<CountRow> = client.runAggregationQuery({ parent: root, structuredAggregationQuery }, call)
  for await (const { result } of stream) found = String(result?.aggregateFields?.['n']?.integerValue ?? found)
  await client.close()
  if (found !== String(task.count)) throw new Error(`${found} of ${task.count} documents have the new field`)
}

interface CountRow {
  readonly result?: { readonly aggregateFields?: Readonly<Record<string, { readonly integerValue?: string | number }>> }
}

/** Gives the emulator its memory back. */
export async function dropDocuments({ host, project }: DocumentsTask): Promise<void> {
  const url = `http://${host}/emulator/v1/projects/${project}/databases/(default)/documents`
  const { ok, status } = await fetch(url, { method: 'DELETE' })
  if (!ok) throw new Error(`the emulator answered ${status} when asked to forget ${project}`)
}
