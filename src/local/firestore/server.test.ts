import { Firestore, FieldValue } from '@google-cloud/firestore'
import { Client, credentials } from '@grpc/grpc-js'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createCalls, double, integer, list, put, text } from '../../../test/stores/firestore-calls.ts'
import type { Calls } from '../../../test/stores/firestore-calls.ts'
import { createFirestoreServer } from './server.ts'
import type { FirestoreServer } from './server.ts'

/** `expect.stringContaining`, typed. */
const saying = (part: string): unknown => expect.stringContaining(part)
const anyNumber: unknown = expect.any(Number)

let server: FirestoreServer
let calls: Calls
let client: Firestore
let project = ''
let count = 0

beforeAll(async () => {
  server = await createFirestoreServer()
})

beforeEach(async () => {
  await client?.terminate()
  project = `test-${++count}`
  calls = createCalls(server.host, project)
  process.env['FIRESTORE_EMULATOR_HOST'] = server.host
  client = new Firestore({ projectId: project })
})

afterAll(async () => {
  await client.terminate()
  await calls.close()
  await server.close()
})

test('the official client writes, reads, queries, counts and lists', async () => {
  const chats = client.collection('Users/u1/chats')
  await chats.doc('a').set({ n: 1, at: FieldValue.serverTimestamp(), 'a.b': { c: [1, 'x'] } })
  await chats.doc('b').create({ n: 2.5 })
  await chats.doc('b').update({ n: FieldValue.increment(1), tags: FieldValue.arrayUnion('x') })
  expect((await chats.doc('b').get()).data()).toEqual({ n: 3.5, tags: ['x'] })
  expect((await chats.where('n', '>', 1).orderBy('n', 'desc').get()).docs.map((each) => each.id)).toEqual(['b'])
  expect((await chats.orderBy('n').limitToLast(1).get()).docs.map((each) => each.id)).toEqual(['b'])
  expect((await client.collectionGroup('chats').count().get()).data().count).toBe(2)
  expect((await client.collection('Users').listDocuments()).map((each) => each.path)).toEqual(['Users/u1'])
  expect((await client.listCollections()).map((each) => each.id)).toEqual(['Users'])
  await expect(chats.doc('b').create({})).rejects.toMatchObject({ code: 6 })
  await expect(chats.doc('c').update({ n: 1 })).rejects.toMatchObject({ code: 5 })
  await client.recursiveDelete(client.collection('Users'))
  expect((await client.collectionGroup('chats').get()).size).toBe(0)
})

test('contending transactions of the official client lose no update', async () => {
  const counter = client.doc('counters/one')
  await counter.set({ n: 0 })
  const add = (): Promise<void> =>
    client.runTransaction(
      async (transaction) => {
        const read = await transaction.get(counter)
        transaction.set(counter, { n: Number(read.get('n')) + 1 })
      },
      { maxAttempts: 20 },
    )
  await Promise.all(Array.from({ length: 20 }, add))
  expect((await counter.get()).get('n')).toBe(20)
})

test.each(['get', 'query', 'aggregate', 'list'] as const)(
  'what a transaction has read by %s, nobody changes before it ends',
  async (how) => {
    const from = [{ collectionId: 'a' }]
    await calls.commit([put(calls, 'a/1', { x: integer(1) })])
    const transaction = await calls.begin()
    if (how === 'get') await calls.get(['a/2'], { transaction })
    if (how === 'query') await calls.query({ from }, '', { transaction })
    if (how === 'aggregate') await calls.aggregate({ from }, [{ count: {}, alias: 'n' }], { transaction })
    const listing = { parent: calls.root, collectionId: 'a', transaction }
    if (how === 'list') await calls.client.listDocuments(listing, { ...calls.options, autoPaginate: false })
    let isEnding = false
    const late = calls.commit([put(calls, 'a/2', {})]).then(() => isEnding)
    await calls.commit([put(calls, 'c/1', {})])
    isEnding = true
    await calls.commit([put(calls, 'b/1', {})], transaction)
    expect(await late).toBe(true)
    expect(await calls.found({ from })).toEqual(['a/1', 'a/2'])
  },
)

test('a query holds what its condition holds of, and nothing else of its collection', async () => {
  const where = { fieldFilter: { field: { fieldPath: 'x' }, op: 'EQUAL', value: integer(1) } } as const
  await calls.commit([put(calls, 'a/1', { x: integer(1) }), put(calls, 'a/2', { x: integer(2) })])
  const transaction = await calls.begin()
  await calls.query({ from: [{ collectionId: 'a' }], where }, '', { transaction })
  await calls.commit([put(calls, 'a/2', { x: integer(3) })])
  const statuses = await calls.batchWrite([
    put(calls, 'a/1', {}),
    put(calls, 'a/2', { x: integer(1) }),
    put(calls, 'a/3', {}),
  ])
  expect((statuses['status'] as { readonly code: number }[]).map(({ code }) => code)).toEqual([10, 10, 0])
  await calls.commit([], transaction)
  await calls.commit([put(calls, 'a/1', {})])
})

test('who waits for a lock is let go by a rollback, and by the end of the server', async () => {
  const own = await createFirestoreServer()
  const its = createCalls(own.host, project)
  const transaction = await its.begin()
  await its.get(['a/1'], { transaction })
  const first = its.commit([put(its, 'a/1', {})])
  await its.client.rollback({ database: its.database, transaction }, its.options)
  await first
  const second = await its.begin()
  await its.get(['a/1'], { transaction: second })
  const began = Date.now()
  const last = its.commit([put(its, 'a/1', {})])
  await its.get(['b/1'])
  await own.close()
  await last
  expect(Date.now() - began).toBeLessThan(1500)
  await its.close()
})

test('a group is cut into ranges that hold every document once', async () => {
  const ids = Array.from({ length: 300 }, (_, at) => `u/${at % 7}/g/${at}`)
  await calls.batchWrite(ids.map((path) => put(calls, path, {})))
  const group = client.collectionGroup('g')
  const found: string[] = []
  let ranges = 0
  for await (const partition of group.getPartitions(8)) {
    const { docs } = await partition.toQuery().get()
    found.push(...docs.map((each) => each.ref.path))
    expect(docs.length).toBeGreaterThan(30)
    ranges++
  }
  expect(ranges).toBe(8)
  expect(found.toSorted()).toEqual(ids.toSorted())
  const structuredQuery = {
    from: [{ collectionId: 'g', allDescendants: true }],
    orderBy: [{ field: { fieldPath: '__name__' } }],
  }
  const page = { parent: calls.root, structuredQuery, partitionCount: 7, pageSize: 3 }
  const once = { ...calls.options, autoPaginate: false }
  const [, , first] = await calls.client.partitionQuery(page, once)
  const [, , second] = await calls.client.partitionQuery({ ...page, pageToken: first?.nextPageToken ?? '' }, once)
  expect([first?.partitions?.length, second?.partitions?.length]).toEqual([3, 3])
  const plain = { ...page, structuredQuery: { from: [{ collectionId: 'g' }] } }
  await expect(calls.client.partitionQuery(plain, once)).rejects.toMatchObject({ code: 3 })
  const value = { referenceValue: calls.name('u/1/g/1') }
  for (const op of ['GREATER_THAN', 'LESS_THAN'] as const) {
    const where = { fieldFilter: { field: { fieldPath: '__name__' }, op, value } }
    const part = { ...page, structuredQuery: { ...structuredQuery, where } }
    await expect(calls.client.partitionQuery(part, once)).rejects.toMatchObject({ code: 3 })
  }
})

test('what is not implemented says so', async () => {
  const plain = new Client(server.host, credentials.createInsecure())
  const same = (bytes: Buffer): Buffer => bytes
  const asked = (path: string): Promise<unknown> =>
    new Promise((resolve) => plain.makeUnaryRequest(path, same, same, Buffer.alloc(0), resolve))
  for (const path of [
    '/google.firestore.v1.Firestore/NewerThanThis',
    '/google.firestore.admin.v1.FirestoreAdmin/ListBackups',
  ]) {
    expect(await asked(path)).toMatchObject({ code: 12, details: saying(path) })
  }
  plain.close()
})

test('production limits the emulator lacks are kept', async () => {
  const big = Array.from({ length: 11 }, (_, at) => put(calls, `big/${at}`, { x: text('x'.repeat(1_000_000)) }))
  await expect(calls.commit(big)).rejects.toMatchObject({ code: 3, details: saying('10485760') })
  await calls.commit(big.slice(0, 10))
  const many = Array.from({ length: 501 }, (_, at) => put(calls, `many/${at}`, {}))
  await expect(calls.batchWrite(many)).rejects.toMatchObject({ code: 3, details: saying('500') })
  await calls.commit(many)
  const union = { updateTransforms: [{ fieldPath: 'x', appendMissingElements: { values: [list()] } }] }
  await expect(calls.commit([put(calls, 'a/1', {}, union)])).rejects.toMatchObject({ code: 3 })
  const foreign = { update: { name: 'projects/other/databases/(default)/documents/a/1', fields: {} } }
  await expect(calls.commit([foreign])).rejects.toMatchObject({ code: 3 })
})

test('update times grow with every write and have microseconds', async () => {
  const times: bigint[] = []
  for (let round = 0; round < 20; round++) {
    const writes = Array.from({ length: 50 }, (_, at) => put(calls, `t/${at}`, { x: integer(round) }))
    const { writeResults } = await calls.batchWrite(writes)
    for (const { updateTime } of writeResults ?? []) {
      times.push(BigInt(String(updateTime?.seconds)) * 1_000_000_000n + BigInt(updateTime?.nanos ?? 0))
    }
  }
  expect(times).toHaveLength(1000)
  expect(times.every((time, at) => at === 0 || time > (times[at - 1] ?? 0n))).toBe(true)
  expect(times.every((time) => time % 1000n === 0n)).toBe(true)
})

test('projects and databases are apart, and a reset empties one project', async () => {
  const other = createCalls(server.host, `${project}-other`)
  await calls.commit([put(calls, 'a/1', { x: double(5) })])
  await other.commit([put(other, 'a/2', {})])
  expect(await other.found({ from: [{ collectionId: 'a' }] })).toEqual(['a/2'])
  const [ours, theirs] = [await calls.begin(), await other.begin()]
  await server.reset(project)
  expect(await calls.found({ from: [{ collectionId: 'a' }] })).toEqual([])
  await expect(calls.commit([], ours)).rejects.toMatchObject({ code: 3 })
  await other.commit([put(other, 'a/2', {})], theirs)
  expect(await other.found({ from: [{ collectionId: 'a' }] })).toEqual(['a/2'])
})

test('a query is answered from the moment it began, however slowly it is read', async () => {
  const pad = text('x'.repeat(5000))
  for (let part = 0; part < 4; part++) {
    await calls.batchWrite(Array.from({ length: 500 }, (_, at) => put(calls, `s/${part * 500 + at + 1000}`, { pad })))
  }
  const stream = calls.client.runQuery(
    { parent: calls.root, structuredQuery: { from: [{ collectionId: 's' }] } },
    calls.options,
  )
  let found = 0
  for await (const _ of stream) {
    if (found++ === 0)
      await calls.commit(Array.from({ length: 2000 }, (_, at) => ({ delete: calls.name(`s/${at + 1000}`) })))
  }
  expect(found).toBe(2000)
  expect(await calls.found({ from: [{ collectionId: 's' }] })).toEqual([])
})

test('closing ends a stream that nobody reads', async () => {
  const second = await createFirestoreServer()
  const reader = createCalls(second.host, project)
  const pad = text('x'.repeat(9000))
  for (let part = 0; part < 4; part++) {
    await reader.batchWrite(Array.from({ length: 500 }, (_, at) => put(reader, `s/${part * 500 + at}`, { pad })))
  }
  const stream = reader.client.runQuery(
    { parent: reader.root, structuredQuery: { from: [{ collectionId: 's' }] } },
    reader.options,
  )
  const failed = new Promise((resolve) => stream.once('error', resolve))
  await new Promise((resolve) => stream.once('readable', resolve))
  await second.close()
  stream.resume()
  expect(await failed).toMatchObject({ code: anyNumber })
  await reader.close()
})

test('a taken port is reported', async () => {
  const port = Number(server.host.split(':')[1])
  await expect(createFirestoreServer({ port })).rejects.toMatchObject({ code: 'LS-3008' })
})
