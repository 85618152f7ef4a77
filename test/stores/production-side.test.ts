import { Firestore, v1 } from '@google-cloud/firestore'
import { credentials } from '@grpc/grpc-js'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { createFirestoreServer } from '../../src/local/firestore/server.ts'
import type { FirestoreServer } from '../../src/local/firestore/server.ts'
import { createCalls, integer, list, put, text } from './firestore-calls.ts'
import type { Calls } from './firestore-calls.ts'
import { startOfficialEmulator } from './official-emulator.ts'
import { needs } from './skips.ts'

/**
 * Where the official emulator 1.19.9 is known to differ from production (by documentation, or as it was measured). Each question is
 * answered by the local server as by production, and by the emulator as it is said to: where that changes, this fails.
 */
const emulator = await startOfficialEmulator()
const folder = mkdtempSync(join(tmpdir(), 'lockstep-production-'))
const indexFile = join(folder, 'firestore.indexes.json')
writeFileSync(indexFile, '{ "indexes": [] }')
let local: FirestoreServer
let strict: FirestoreServer
let asked = 0

beforeAll(async () => {
  local = await createFirestoreServer()
  strict = await createFirestoreServer({ indexFile })
})
afterEach(() => vi.useRealTimers())
afterAll(async () => {
  for (const host of [local.host, strict.host, ...(emulator ? [emulator.host] : [])])
    await createCalls(host, 'x').close()
  await Promise.all([local.close(), strict.close()])
  await emulator?.stop()
  rmSync(folder, { recursive: true })
})

/** What the client has and does not tell TypeScript of. */
interface Pipelines {
  executePipeline(request: object, options: object): NodeJS.EventEmitter
}

type Ask = (calls: Calls) => Promise<unknown>

const order = (fieldPath: string, direction: 'ASCENDING' | 'DESCENDING' = 'ASCENDING'): object => ({
  field: { fieldPath },
  direction,
})
const everything = { from: [{ collectionId: 'k', allDescendants: true }], orderBy: [order('__name__')] }
const writes = (calls: Calls, count: number, size = 0): ReturnType<typeof put>[] =>
  Array.from({ length: count }, (_, at) => put(calls, `k/${at}`, { x: text('x'.repeat(size)) }))
const numbers = (count: number): object => ({ x: list(...Array.from({ length: count }, (_, at) => integer(at))) })

/** What is asked, and the code of the refusal by production and by the emulator; 0 where it is answered. */
const questions: Readonly<Record<string, readonly [ask: Ask, production: number, emulator: number]>> = {
  'partitions of a collection group': [
    (calls) =>
      calls.client.partitionQuery(
        { parent: calls.root, structuredQuery: everything, partitionCount: 2 },
        { ...calls.options, autoPaginate: false },
      ),
    0,
    12,
  ],
  'a request of 5 MiB': [(calls) => calls.commit(writes(calls, 5, 1_000_000)), 0, 8],
  'a request of more than 10 MiB': [(calls) => calls.commit(writes(calls, 11, 1_000_000)), 3, 8],
  '501 writes in a commit': [(calls) => calls.commit(writes(calls, 501)), 0, 0],
  '501 writes in a BatchWrite': [(calls) => calls.batchWrite(writes(calls, 501)), 3, 0],
  'a document twice in a BatchWrite': [(calls) => calls.batchWrite([...writes(calls, 1), ...writes(calls, 1)]), 3, 3],
  '41,000 index entries of a document': [(calls) => calls.commit([put(calls, 'k/1', numbers(41_000) as never)]), 3, 0],
  '501 transforms of a document': [
    (calls) => {
      const updateTransforms = Array.from({ length: 501 }, (_, at) => ({ fieldPath: `f${at}`, increment: integer(1) }))
      return calls.commit([{ ...put(calls, 'k/1', {}), updateTransforms }])
    },
    3,
    0,
  ],
  'a read at a time two hours ago': [
    (calls) => calls.query(everything, '', { readTime: { seconds: Math.trunc(Date.now() / 1000) - 7200, nanos: 0 } }),
    9,
    0,
  ],
  'a pipeline, in a database of the Standard edition': [
    (calls) => {
      const client = calls.client as unknown as Pipelines
      const structuredPipeline = { pipeline: { stages: [{ name: 'collection', args: [text('k')] }] } }
      const stream = client.executePipeline({ database: calls.database, structuredPipeline }, calls.options)
      return new Promise((resolve, reject) => void stream.on('data', resolve).on('error', reject).on('end', resolve))
    },
    9,
    2,
  ],
  'the indexes of a collection group, by the admin API': [
    async ({ database, host }) => {
      const [servicePath = '', port] = (host === local.host ? strict : { host }).host.split(':')
      const sslCreds = credentials.createInsecure()
      const options = { servicePath, port: Number(port), sslCreds, projectId: 'unused', fallback: false } as const
      const admin = new v1.FirestoreAdminClient(options)
      const call = { otherArgs: { headers: { authorization: 'Bearer owner' } }, autoPaginate: false }
      await admin.listIndexes({ parent: `${database}/collectionGroups/k` }, call)
      await admin.close()
    },
    0,
    12,
  ],
  'a write of another database': [
    (calls) => calls.commit([{ update: { name: 'projects/other/databases/(default)/documents/k/1', fields: {} } }]),
    3,
    0,
  ],
}

const codeOf = (answer: Promise<unknown>): Promise<number> =>
  answer.then(
    () => 0,
    ({ code }: { readonly code: number }) => code,
  )

describe.each(Object.entries(questions))('%s', (_, [ask, ofProduction, ofEmulator]) => {
  const answerOf = (host: string): Promise<number> => codeOf(ask(createCalls(host, `side-${process.pid}-${++asked}`)))
  test('as production answers', async () => expect(await answerOf(local.host)).toBe(ofProduction))
  test('as the emulator answers', needs(emulator, 'the official Firestore emulator was not found'), async () =>
    expect(await answerOf(emulator?.host ?? '')).toBe(ofEmulator),
  )
})

const backwards = { from: [{ collectionId: 'k' }], orderBy: [order('__name__', 'DESCENDING')] }

test('names backwards need an index, which the emulator never has', async () => {
  const calls = createCalls(strict.host, 'side')
  await expect(calls.query(backwards)).rejects.toMatchObject({ code: 9 })
})

test('a transaction ends after 270 seconds', async () => {
  const calls = createCalls(local.host, 'side')
  const transaction = await calls.begin()
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 271_000 })
  await expect(calls.commit([put(calls, 'k/1', {})], transaction)).rejects.toMatchObject({ code: 3 })
})

test('a transaction ends when it has read nothing for a minute, and its locks with it', async () => {
  const calls = createCalls(local.host, 'side')
  const transaction = await calls.begin()
  await calls.get(['k/idle'], { transaction })
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 })
  await calls.commit([put(calls, 'k/idle', {})])
  await expect(calls.commit([], transaction)).rejects.toMatchObject({ code: 3 })
})

describe.each([
  ['here', () => local.host],
  ['on the emulator', () => emulator?.host ?? ''],
] as const)('locks %s', needs(emulator, 'the official Firestore emulator was not found'), (place, host) => {
  const open = (): Calls => createCalls(host(), `locks-${process.pid}-${++asked}`)
  const reader = async (calls: Calls, path: string): Promise<Uint8Array> => {
    const transaction = await calls.begin()
    await calls.get([path], { transaction })
    return transaction
  }

  test('others wait for a transaction that has read, and go on when it has ended', async () => {
    const calls = open()
    const transaction = await reader(calls, 'k/1')
    let isOver = false
    const others = [
      calls.commit([put(calls, 'k/1', { by: text('commit') })]),
      calls.batchWrite([put(calls, 'k/1', { by: text('batch') })]),
    ].map((each) => each.then(() => isOver))
    const second = await reader(calls, 'k/1')
    await calls.commit([put(calls, 'k/2', {})], second)
    await calls.get(['k/1'])
    isOver = true
    await calls.commit([put(calls, 'k/1', { by: text('transaction') })], transaction)
    expect(await Promise.all(others)).toEqual([true, true])
  })

  test('a missing document is locked too, and whoever waits two seconds is aborted', async () => {
    const calls = open()
    const transaction = await reader(calls, 'k/none')
    const began = Date.now()
    expect(await codeOf(calls.commit([put(calls, 'k/none', {})]))).toBe(10)
    expect(Date.now() - began).toBeGreaterThan(1500)
    await calls.commit([put(calls, 'k/none', {})], transaction)
  })

  test('two that have read and write the same are not both done: here the later one is aborted at once', async () => {
    const calls = open()
    const [first, second] = [await reader(calls, 'k/1'), await reader(calls, 'k/1')]
    const began = Date.now()
    const ends = [first, second].map((each) => codeOf(calls.commit([put(calls, 'k/1', {})], each)))
    const codes = await Promise.all(ends)
    // The emulator may well abort both.
    if (place !== 'here') return expect(codes).toContain(10)
    expect(codes).toEqual([0, 10])
    expect(Date.now() - began).toBeLessThan(1500)
  })

  test('who reads only locks nothing', async () => {
    const calls = open()
    const transaction = await calls.begin({ readOnly: {} })
    await calls.get(['k/1'], { transaction })
    expect(await codeOf(calls.commit([put(calls, 'k/1', {})]))).toBe(0)
  })
})

test('a transaction that is tried again is as old as it was', async () => {
  const calls = createCalls(local.host, 'side')
  const first = await calls.begin()
  const second = await calls.begin()
  const again = await calls.begin({ readWrite: { retryTransaction: first } })
  for (const transaction of [second, again]) await calls.get(['k/age'], { transaction })
  const ends = [again, second].map((each) => codeOf(calls.commit([put(calls, 'k/age', {})], each)))
  expect(await Promise.all(ends)).toEqual([0, 10])
})

test('Query Explain tells of the indexes and, where it is run too, of the reads', async () => {
  const [host = '', port = ''] = local.host.split(':')
  const client = new Firestore({ projectId: 'explained', host, port: Number(port), ssl: false })
  const group = client.collection('k')
  await Promise.all([1, 2, 3].map((x) => group.add({ x, y: 1 })))
  const query = group.where('y', '==', 1).orderBy('x', 'desc').offset(1)
  const { metrics, snapshot } = await query.explain()
  const indexesUsed = [{ query_scope: 'Collection', properties: '(y ASC, x DESC, __name__ DESC)' }]
  expect([metrics.planSummary.indexesUsed, metrics.executionStats, snapshot]).toEqual([indexesUsed, null, null])
  const run = await query.explain({ analyze: true })
  expect(run.metrics.executionStats).toMatchObject({ resultsReturned: 2, readOperations: 3 })
  expect(run.snapshot?.docs.map((each) => each.get('x'))).toEqual([2, 1])
  const summed = await group.count().explain({ analyze: true })
  expect(summed.metrics.executionStats).toMatchObject({ resultsReturned: 1, readOperations: 1 })
  expect(summed.metrics.planSummary.indexesUsed).toEqual([{ query_scope: 'Collection', properties: '(__name__ ASC)' }])
  await client.terminate()
})
