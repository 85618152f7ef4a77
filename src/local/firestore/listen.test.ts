import type { DocumentSnapshot, QuerySnapshot } from '@google-cloud/firestore'
import { Firestore } from '@google-cloud/firestore'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createCalls, integer, put } from '../../../test/stores/firestore-calls.ts'
import type { Calls } from '../../../test/stores/firestore-calls.ts'
import { createFirestoreServer } from './server.ts'
import type { FirestoreServer } from './server.ts'

let server: FirestoreServer
let calls: Calls
let client: Firestore
let count = 0

beforeAll(async () => {
  server = await createFirestoreServer()
})

beforeEach(async () => {
  await client?.terminate()
  calls = createCalls(server.host, `listen-${++count}`)
  const [host = '', port = ''] = server.host.split(':')
  client = new Firestore({ projectId: `listen-${count}`, host, port: Number(port), ssl: false })
})

afterAll(async () => {
  await client.terminate()
  await calls.close()
  await server.close()
})

/** What comes, one after the other; each `next` waits for one more. */
function createHeard<T>(): { readonly hear: (each: T) => void; readonly next: () => Promise<T> } {
  const come: T[] = []
  const waiting: ((each: T) => void)[] = []
  return {
    hear: (each) => {
      const first = waiting.shift()
      if (first) first(each)
      else come.push(each)
    },
    next: () => {
      const first = come.shift()
      return first === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(first)
    },
  }
}

/** One stream of the raw protocol and what it answers, times and tokens by their presence. */
function openStream(target: object): {
  readonly next: () => Promise<unknown>
  readonly end: () => void
  token(): Buffer
} {
  const heard = createHeard<unknown>()
  let token = Buffer.alloc(0)
  const stream = calls.client.listen(calls.options)
  stream.on('data', (message: ListenMessage) => {
    const { targetChange, documentChange, documentDelete, documentRemove, filter } = message
    if (targetChange?.resumeToken?.length) token = Buffer.from(targetChange.resumeToken)
    if (targetChange) return heard.hear([targetChange.targetChangeType, ...targetChange.targetIds])
    if (filter) return heard.hear(['filter', filter.count])
    const gone = documentDelete ?? documentRemove
    if (gone) return heard.hear([documentDelete ? 'deleted' : 'removed', idOf(gone.document)])
    heard.hear(['changed', idOf(documentChange?.document?.name)])
  })
  stream.on('error', (error: Error) => heard.hear(error.message))
  stream.write({ database: calls.database, addTarget: { targetId: 1, ...target } })
  return { next: heard.next, end: () => stream.end(), token: () => token }
}

interface ListenMessage {
  readonly targetChange?: {
    readonly targetChangeType: string
    readonly targetIds: readonly number[]
    readonly resumeToken?: Uint8Array
  }
  readonly documentChange?: { readonly document?: { readonly name?: string } }
  readonly documentDelete?: { readonly document?: string }
  readonly documentRemove?: { readonly document?: string }
  readonly filter?: { readonly count: number }
}

const idOf = (name: string | undefined): string => name?.split('/').at(-1) ?? ''

async function take(next: () => Promise<unknown>, times: number): Promise<readonly unknown[]> {
  const all: unknown[] = []
  for (let at = 0; at < times; at++) all.push(await next())
  return all
}

const few = (): object => {
  const where = { fieldFilter: { field: { fieldPath: 'x' }, op: 'LESS_THAN', value: integer(5) } }
  return { query: { parent: calls.root, structuredQuery: { from: [{ collectionId: 'a' }], where } } }
}

test('a query is heard with each commit, in and out', async () => {
  await calls.commit([put(calls, 'a/1', { x: integer(1) }), put(calls, 'a/2', { x: integer(9) })])
  const { next, end } = openStream(few())
  expect(await take(next, 4)).toEqual([['ADD', 1], ['changed', '1'], ['CURRENT', 1], ['NO_CHANGE']])
  await calls.commit([put(calls, 'a/1', { x: integer(9) }), put(calls, 'a/2', { x: integer(2) })])
  expect(await take(next, 3)).toEqual([['removed', '1'], ['changed', '2'], ['NO_CHANGE']])
  await calls.commit([put(calls, 'b/1', { x: integer(1) })])
  await calls.commit([{ delete: calls.name('a/2') }])
  expect(await take(next, 2)).toEqual([['deleted', '2'], ['NO_CHANGE']])
  end()
})

test('a listener that comes back hears what it missed, and no more', async () => {
  await calls.commit(['1', '2', '3'].map((id) => put(calls, `a/${id}`, { x: integer(1) })))
  const first = openStream(few())
  await take(first.next, 6)
  first.end()
  await calls.commit([{ delete: calls.name('a/1') }, put(calls, 'a/2', { x: integer(2) })])
  const again = openStream({ ...few(), resumeToken: first.token() })
  const missed = [
    ['deleted', '1'],
    ['changed', '2'],
    ['filter', 2],
  ]
  expect(await take(again.next, 6)).toEqual([['ADD', 1], ...missed, ['CURRENT', 1], ['NO_CHANGE']])
  again.end()
  await server.reset(`listen-${count}`)
  await calls.commit([put(calls, 'a/7', { x: integer(2) })])
  const late = openStream({ ...few(), resumeToken: first.token() })
  expect(await take(late.next, 4)).toEqual([
    ['ADD', 1],
    ['RESET', 1],
    ['changed', '7'],
    ['CURRENT', 1],
  ])
  late.end()
})

test('a target that is no query is removed with the reason, and the stream goes on', async () => {
  const value = integer(1)
  const where = { fieldFilter: { field: { fieldPath: 'x' }, op: 'IN', value } }
  const query = { parent: calls.root, structuredQuery: { from: [{ collectionId: 'a' }], where } }
  const { next, end } = openStream({ query })
  expect(await next()).toEqual(['REMOVE', 1])
  end()
})

test('documents and limits are heard by the official client', async () => {
  const documents = createHeard<DocumentSnapshot>()
  const queries = createHeard<QuerySnapshot>()
  const stops = [
    client.doc('a/1').onSnapshot(documents.hear),
    client.collection('a').orderBy('n').limitToLast(2).onSnapshot(queries.hear),
  ]
  expect((await documents.next()).exists).toBe(false)
  expect((await queries.next()).size).toBe(0)
  await Promise.all([1, 2, 3].map((n) => client.doc(`b/${n}`).set({ n })))
  await client.doc('a/1').set({ n: 1 })
  expect((await documents.next()).get('n')).toBe(1)
  expect((await queries.next()).docs.map(({ id }) => id)).toEqual(['1'])
  const batch = client.batch()
  for (const n of [2, 3]) batch.set(client.doc(`a/${n}`), { n })
  await batch.commit()
  expect((await queries.next()).docs.map(({ id }) => id)).toEqual(['2', '3'])
  await client.doc('a/3').delete()
  expect((await queries.next()).docs.map(({ id }) => id)).toEqual(['1', '2'])
  await server.reset(`listen-${count}`)
  expect((await documents.next()).exists).toBe(false)
  expect((await queries.next()).size).toBe(0)
  for (const stop of stops) stop()
})

test('a closing server ends its listeners at once', async () => {
  const second = await createFirestoreServer()
  const own = createCalls(second.host, 'any')
  const ended = new Promise((resolve) => {
    const stream = own.client.listen(own.options)
    stream.on('error', resolve)
    stream.on('data', () => void second.close())
    stream.write({ database: own.database, addTarget: { targetId: 1, documents: { documents: [own.name('a/1')] } } })
  })
  expect(await ended).toMatchObject({ code: 14 })
  await own.close()
})
