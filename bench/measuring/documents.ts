import { idsOf, openRaw, sendAll, sendBatch } from '../contenders/raw-firestore.mjs'
import type { DocumentsTask, RawWrite } from '../contenders/raw-firestore.mjs'

/** What there is beside the documents of seven fields: a map of one entry in each, or another small document for each. */
export type Seeds = 'map' | 'subcollection' | 'second collection'

type RawFields = NonNullable<NonNullable<RawWrite['update']>['fields']>

/** Seven fields, about 290 bytes with the name. */
function chatOf(n: number): RawFields {
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

/** The documents of one chat. */
function documentsOf(name: string, n: number, seeds: Seeds | undefined): readonly RawWrite[] {
  const second: RawFields = { color: { stringValue: 'red' }, since: { integerValue: n } }
  const labels = { mapValue: { fields: { first: { mapValue: { fields: second } } } } }
  const chat = { update: { name, fields: { ...chatOf(n), ...(seeds === 'map' ? { labels } : {}) } } }
  switch (seeds) {
    case undefined:
    case 'map':
      return [chat]
    case 'subcollection':
      return [chat, { update: { name: `${name}/notes/first`, fields: second } }]
    case 'second collection':
      return [chat, { update: { name: name.replace('/Chats/', '/Phones/'), fields: second } }]
  }
}

/** Fills the project's collection; resolves when all of it is there. */
export async function seedDocuments(task: DocumentsTask, seeds?: Seeds): Promise<void> {
  const raw = await openRaw(task)
  const ids = idsOf(task)
  const batches = function* (): Generator<RawWrite[]> {
    for (let at = 0; at < ids.length; at += 250) {
      yield ids.slice(at, at + 250).flatMap((id, n) => documentsOf(raw.nameOf(id), at + n, seeds))
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
