import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { createMockEmbedder, vectorOf } from '../../test/embeddings/mock-embedder.ts'
import { startMockProvider } from '../../test/embeddings/mock-provider.ts'
import type { MockProvider, MockProviderOptions } from '../../test/embeddings/mock-provider.ts'
import { createCachingEmbedder } from '../embeddings/caching-embedder.ts'
import type { CachingEmbedderOptions } from '../embeddings/caching-embedder.ts'
import { hashContent } from '../embeddings/content.ts'
import { createLocalEmbedder } from '../embeddings/local-embedder.ts'
import { createPace } from '../embeddings/pace.ts'
import { createPgliteTables } from '../stores/pglite/pglite-tables.ts'
import type { TableWriter } from '../stores/tables.ts'
import { createLedgerBudget, createLedgerKeeper, readEmbeddingSpend } from './embedding-budget.ts'
import { createLedgerCache, createLedgerDeadLetters } from './embedding-cache.ts'
import { ensureLedger } from './schema.ts'

const dimensions = 16
let tables: TableWriter
let provider: MockProvider
let count = 0
let run = ''

beforeAll(async () => {
  tables = await createPgliteTables({})
  await ensureLedger(tables)
})
afterAll(() => tables.close())
beforeEach(async () => {
  run = `run-${++count}`
  await tables.transaction((q) => q.script('truncate lockstep.embeddings, lockstep.embedding_dead_letters'))
  await provide({})
})
afterEach(() => provider.stop())

async function provide(options: Partial<MockProviderOptions>): Promise<void> {
  await provider?.stop()
  provider = await startMockProvider({ dimensions, ...options })
}

/** As a process has it that was just started. */
function fresh(options: Partial<CachingEmbedderOptions> = {}): ReturnType<typeof createCachingEmbedder> {
  return createCachingEmbedder({
    embedder: createMockEmbedder(provider, { dimensions, limits: { itemsPerCall: 20 }, callsAtOnce: 2 }),
    cache: createLedgerCache(tables),
    deadLetters: createLedgerDeadLetters(tables),
    budget: createLedgerBudget(tables, run),
    ...options,
  })
}

const texts = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from }, (_, n) => `note number ${from + n}, in a few words more`)
const mostPaid = (): number => Math.max(0, ...provider.statistics.paid.values())

test('each content is paid for once: within a call, among calls at once, and after a restart; vectors are the same bits', async () => {
  const embedder = fresh()
  const asked = [...texts(0, 50), ...texts(0, 50), 'a\r\nb', 'a\nb']
  const [first, second] = await Promise.all([embedder.embed(asked, {}), embedder.embed(texts(25, 75), {})])
  expect(mostPaid()).toBe(1)
  expect(provider.statistics.paid.size).toBe(76)
  expect(first.slice(0, 50)).toEqual(first.slice(50, 100))
  expect(first[100]).toEqual(first[101])
  const local = await createLocalEmbedder({ dimensions }).embed(asked, {})
  expect(first.map(vectorOf)).toEqual(local.map(vectorOf))
  const again = await fresh().embed([...asked, ...texts(25, 75)], {})
  expect(again).toEqual([...first, ...second])
  expect(mostPaid()).toBe(1)
  expect(await readEmbeddingSpend(tables, run)).toMatchObject({ tokens: provider.statistics.tokens })
})

test('texts of several workers share calls', async () => {
  const embedder = fresh()
  const pages = Array.from({ length: 10 }, (_, page) => embedder.embed(texts(page * 8, page * 8 + 8), {}))
  await Promise.all(pages)
  expect(provider.statistics.requests).toBe(4)
})

test('a text that is on its way is not sent again', async () => {
  const embedder = fresh()
  const release = provider.hold()
  const first = embedder.embed(texts(0, 20), {})
  await provider.called(1)
  // Twenty more texts are a call of their own.
  const second = embedder.embed(texts(10, 40), {})
  await provider.called(2)
  release()
  expect((await first).slice(10)).toEqual((await second).slice(0, 10))
  expect(mostPaid()).toBe(1)
})

test('what is answered is kept before the rest fails', async () => {
  await provide({ quota: 500 })
  await expect(fresh().embed(texts(0, 200), {})).rejects.toMatchObject({ code: 'LS-3011' })
  const paid = provider.statistics.paid.size
  expect(paid).toBeGreaterThan(0)
  provider.setQuota(Infinity)
  await fresh().embed(texts(0, 200), {})
  expect(provider.statistics.paid.size).toBe(200)
  expect(mostPaid()).toBe(1)
})

test('a limit in dollars stops before the call that would cross it, also after a restart', async () => {
  const tokens = texts(0, 1_000).reduce((sum, text) => sum + Math.ceil(text.length / 4), 0)
  const maxUsd = (tokens / 1_000_000) * 0.4
  await expect(fresh({ maxUsd }).embed(texts(0, 1_000), {})).rejects.toMatchObject({ code: 'LS-4009' })
  const spent = await readEmbeddingSpend(tables, run)
  expect(spent.usd).toBeLessThanOrEqual(maxUsd)
  // Within one call of the limit.
  expect(spent.usd).toBeGreaterThan(maxUsd - (20 * 12) / 1_000_000)
  const requests = provider.statistics.requests
  await expect(fresh({ maxUsd }).embed(texts(0, 1_000), {})).rejects.toMatchObject({ code: 'LS-4009' })
  expect(provider.statistics.requests).toBe(requests)
  await fresh({ maxUsd: 1 }).embed(texts(0, 1_000), {})
  expect(mostPaid()).toBe(1)
  expect(provider.statistics.tokens).toBeLessThanOrEqual((await readEmbeddingSpend(tables, run)).tokens)
})

test('also the first call of a run is not made where it would cross the limit', async () => {
  await expect(fresh({ maxUsd: 1e-9 }).embed(['one two three'], {})).rejects.toMatchObject({ code: 'LS-4009' })
  expect(provider.statistics.requests).toBe(0)
})

test('a limit in dollars needs a price', () => {
  const embedder = createMockEmbedder(provider, { dimensions })
  const unpriced = { ...embedder, terms: { limits: embedder.terms!.limits, usdPerMillionTokens: undefined } }
  expect(() => fresh({ embedder: unpriced, maxUsd: 1 })).toThrow(expect.objectContaining({ code: 'LS-1008' }))
})

test('refused calls cost nothing, cut connections count as paid for', async () => {
  provider.meet('server-error', 'rate-limit')
  await fresh().embed(['one two three four'], {})
  const before = await readEmbeddingSpend(tables, run)
  expect(before.tokens).toBe(provider.statistics.tokens)
  provider.meet('reset-paid')
  await fresh().embed(['five six seven eight'], {})
  const after = await readEmbeddingSpend(tables, run)
  expect(after.tokens).toBe(provider.statistics.tokens)
})

test('a refused text is tried three times, then its reason is its answer; one that is taken at last is forgotten', async () => {
  let refuse = true
  await provide({ refuses: (text) => refuse && text.startsWith('bad') })
  const asked = ['bad one', 'fine', 'bad two']
  for (let tries = 1; tries <= 3; tries++) {
    const answers = await fresh().embed(asked, {})
    expect(answers[0]).toEqual({ failed: 'openai answered 400 invalid_request_error' })
    const dead = await createLedgerDeadLetters(tables).read(fresh().model, [hashContent('bad one')])
    expect([...dead.values()]).toMatchObject([{ tries }])
  }
  const requests = provider.statistics.requests
  expect((await fresh().embed(asked, {}))[2]).toHaveProperty('failed')
  expect(provider.statistics.requests).toBe(requests)
  refuse = false
  expect((await fresh({ mostTries: 4 }).embed(asked, {})).every((answer) => 'vector' in answer)).toBe(true)
  const { rows } = { rows: await tables.read((q) => q.query('select from lockstep.embedding_dead_letters')) }
  expect(rows).toHaveLength(0)
  expect(provider.statistics.paid.get('fine')).toBe(1)
})

test('another model, dimension or task shares nothing; an empty text asks nobody', async () => {
  await fresh().embed(['one'], {})
  const other = createLocalEmbedder({ dimensions, model: 'hash-2' })
  const [answer, empty] = await fresh({ embedder: other }).embed(['one', ''], {})
  expect(vectorOf(answer)).toEqual(vectorOf((await other.embed(['one'], {}))[0]))
  expect(empty).toEqual({ failed: 'the text is empty' })
  for (const embedder of [other, createMockEmbedder(provider, { dimensions })]) {
    const [again] = await fresh({ embedder }).embed(['one'], {})
    expect(again).toEqual((await embedder.embed(['one'], {}))[0])
  }
})

test('one of two who ask leaves: the other gets answers; both leave: nothing more is sent', async () => {
  const embedder = fresh()
  const [early, late] = [new AbortController(), new AbortController()]
  const release = provider.hold()
  const first = embedder.embed(texts(0, 60), { signal: early.signal }).catch((error: unknown) => error)
  const second = embedder.embed(texts(0, 60), { signal: late.signal })
  await provider.called(2)
  early.abort(new Error('gone'))
  release()
  expect((await second).every((answer) => 'vector' in answer)).toBe(true)
  expect(await first).toMatchObject({ message: 'gone' })
  const hold = provider.hold()
  const third = embedder.embed(texts(100, 160), { signal: late.signal }).catch((error: unknown) => error)
  await provider.called(5)
  late.abort(new Error('gone'))
  hold()
  expect(await third).toMatchObject({ message: 'gone' })
  expect(provider.statistics.requests).toBe(5)
})

test('workers share one pace, by the row in the ledger', async () => {
  const limits = { itemsPerCall: 1, tokensPerCall: 100, requestsPerMinute: 100, tokensPerMinute: 1_000_000 }
  const waits: number[] = []
  const clock = { now: () => 0, sleep: async (ms: number) => void waits.push(ms) }
  const pace = (): ReturnType<typeof createPace> =>
    createPace({ limits, keeper: createLedgerKeeper(tables, `${run} account`), clock })
  for (let n = 0; n < 15; n++) await pace().take(1)
  expect(waits).toEqual([])
  await pace().take(1)
  await pace().take(1)
  // Above the burst of 15, one call every 750 ms.
  expect(waits[0]).toBeGreaterThan(0)
  expect(waits[1]).toBeGreaterThan(waits[0]!)
  await pace().learn({ requests: { limit: 6_000 }, tokens: {}, pause: 60_000 })
  await pace().take(1)
  // A process that heard of it by the ledger alone.
  expect(waits[2]).toBeGreaterThan(50_000)
  const stored = await tables.read((q) =>
    q.query(`select learned from lockstep.budgets where name = $1`, [`${run} account requests`]),
  )
  expect(stored).toEqual([{ learned: 6_000 }])
})

test('what is foreseen is sent in full calls alone until it is asked for, once, and is not read from the cache again', async () => {
  const ledger = createLedgerCache(tables)
  let read = 0
  const cache = { ...ledger, read: (...given: Parameters<typeof ledger.read>) => (read++, ledger.read(...given)) }
  const embedder = fresh({ cache })
  const { signal } = new AbortController()
  const foresee = (from: number, to: number): ReturnType<NonNullable<typeof embedder.foresee>> =>
    embedder.foresee!(texts(from, to), { signal, leisure: signal })
  expect(await foresee(0, 15)).toMatchObject({ fresh: 15, share: 0.75 })
  expect(await foresee(5, 28)).toMatchObject({ fresh: 23 })
  await provider.called(1)
  // Eight are left: nobody needs them.
  await new Promise(setImmediate)
  expect(provider.statistics.requests).toBe(1)
  const before = read
  const answers = await embedder.embed(texts(0, 28), {})
  expect(answers.map(vectorOf)).toEqual(
    (await createLocalEmbedder({ dimensions }).embed(texts(0, 28), {})).map(vectorOf),
  )
  expect(provider.statistics.requests).toBe(2)
  expect(mostPaid()).toBe(1)
  expect(read).toBe(before)
  expect(await foresee(0, 28)).toMatchObject({ fresh: 0, share: 0 })
  const restarted = await fresh().foresee!(texts(0, 30), { signal, leisure: signal })
  expect(restarted).toMatchObject({ fresh: 2 })
})
