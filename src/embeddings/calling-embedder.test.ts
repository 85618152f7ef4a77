import { afterEach, expect, test } from 'vitest'
import { createMockEmbedder, createQuickClock, createTally, vectorOf } from '../../test/embeddings/mock-embedder.ts'
import { startMockProvider } from '../../test/embeddings/mock-provider.ts'
import type { Mishap, MockProvider, MockProviderOptions } from '../../test/embeddings/mock-provider.ts'
import { seed } from '../../test/torture/seeded.ts'
import { createLocalEmbedder } from './local-embedder.ts'

const dimensions = 16
const started: MockProvider[] = []
afterEach(async () => {
  for (const provider of started.splice(0)) await provider.stop()
})

async function provide(options: Partial<MockProviderOptions> = {}): Promise<MockProvider> {
  const provider = await startMockProvider({ dimensions, ...options })
  started.push(provider)
  return provider
}

const texts = (count: number): readonly string[] => Array.from({ length: count }, (_, n) => `note number ${n} of many`)
const expected = async (of: readonly string[]): Promise<readonly Float32Array[]> =>
  (await createLocalEmbedder({ dimensions }).embed(of, {})).map(vectorOf)

test('answers come in the order asked for, also when the provider answers in another, and each text is paid once', async () => {
  const provider = await provide({ chances: { 'wrong-order': 1 } })
  const asked = texts(300)
  const tally = createTally()
  const embedder = createMockEmbedder(provider, { dimensions, limits: { itemsPerCall: 50 } })
  const answers = await embedder.embed(asked, { watch: tally })
  expect(answers.map(vectorOf)).toEqual(await expected(asked))
  expect(provider.statistics).toMatchObject({ requests: 6, answered: 6 })
  expect([...provider.statistics.paid.values()].every((times) => times === 1)).toBe(true)
  expect(tally.charged).toBe(provider.statistics.tokens)
  expect(tally.texts.toSorted()).toEqual(asked.toSorted())
})

test.each<[Mishap, number]>([
  ['rate-limit', 1],
  ['server-error', 1],
  ['reset', 1],
  ['reset-paid', 2],
  ['one-answer-less', 2],
  ['not-json', 2],
])('%s is met with the same call again', async (mishap, paid) => {
  const provider = await provide()
  provider.meet(mishap, mishap)
  const asked = texts(3)
  const answers = await createMockEmbedder(provider, { dimensions }).embed(asked, {})
  expect(answers.map(vectorOf)).toEqual(await expected(asked))
  expect(provider.statistics.requests).toBe(3)
  expect(provider.statistics.paid.get(asked[0]!)).toBe(paid === 1 ? 1 : 3)
})

test('all calls wait for as long as a refusal for a rate limit says, and repeats of failures grow', async () => {
  const provider = await provide()
  const clock = createQuickClock()
  provider.meet('rate-limit', 'server-error', 'server-error', 'server-error')
  await createMockEmbedder(provider, { dimensions, clock }).embed(['one'], {})
  const [gathering, ...slept] = clock.slept
  expect(gathering).toBe(50)
  expect(slept[0]).toBe(20)
  expect(slept[1]).toBeLessThanOrEqual(500)
  expect(slept[3]).toBeGreaterThanOrEqual(1_000)
})

test.each<[Mishap, string]>([
  ['bad-key', 'LS-3010'],
  ['quota', 'LS-3011'],
  ['wrong-dimensions', 'LS-3013'],
  ['not-normalised', 'LS-3013'],
])('%s stops at once with %s: nothing else is sent', async (mishap, code) => {
  const provider = await provide()
  provider.meet(...Array<Mishap>(20).fill(mishap))
  const embedder = createMockEmbedder(provider, { dimensions, callsAtOnce: 1, limits: { itemsPerCall: 2 } })
  await expect(embedder.embed(texts(20), {})).rejects.toMatchObject({ code, hint: expect.any(String) })
  expect(provider.statistics.requests).toBe(1)
})

test.each<[Mishap, string]>([
  ['server-error', 'LS-3012'],
  ['reset', 'LS-3012'],
  ['one-answer-less', 'LS-3013'],
])('%s that does not go away ends with %s', async (mishap, code) => {
  const provider = await provide({ chances: { [mishap]: 1 } })
  await expect(createMockEmbedder(provider, { dimensions }).embed(['one'], {})).rejects.toMatchObject({ code })
  expect(provider.statistics.requests).toBe(9)
})

test('what the request itself has wrong is told from a bad text by one short call', async () => {
  const provider = await provide({ chances: { 'bad-request': 1 } })
  const rejected = createMockEmbedder(provider, { dimensions }).embed(texts(500), {})
  await expect(rejected).rejects.toMatchObject({ code: 'LS-3014' })
  expect(provider.statistics.requests).toBe(2)
})

test('a bad text fails alone, for few calls more, and no reason holds a text', async () => {
  const provider = await provide({ refuses: (text) => text.includes('number 77 ') })
  const asked = texts(256)
  const answers = await createMockEmbedder(provider, { dimensions }).embed(asked, {})
  expect(answers[77]).toEqual({ failed: 'openai answered 400 invalid_request_error' })
  expect(answers.filter((answer) => 'vector' in answer)).toHaveLength(255)
  // One call, one to tell text from request, then eight halvings of two calls each.
  expect(provider.statistics.requests).toBeLessThanOrEqual(18)
  expect(provider.statistics.paid.get(asked[3]!)).toBe(1)
})

test('a call that is too large is halved, a text that is too long fails by itself', async () => {
  const provider = await provide({ caps: { items: 10, tokens: 1_000, tokensPerItem: 300 } })
  const long = 'word '.repeat(400)
  const asked = [...texts(40), long]
  const answers = await createMockEmbedder(provider, { dimensions }).embed(asked, {})
  expect(answers.slice(0, 40).every((answer) => 'vector' in answer)).toBe(true)
  expect(answers[40]).toHaveProperty('failed')
})

test('empty texts and texts over the model are never sent', async () => {
  const provider = await provide()
  const embedder = createMockEmbedder(provider, { dimensions, limits: { tokensPerItem: 20 } })
  const answers = await embedder.embed(['', 'fine', ' \n', 'word '.repeat(30)], {})
  expect(answers[0]).toEqual({ failed: 'the text is empty' })
  expect(answers[3]).toEqual({ failed: 'the text has 31 tokens, the model takes 20' })
  expect([...provider.statistics.paid.keys()]).toEqual(['fine'])
})

test('a vector that is not a number fails its text, not the others', async () => {
  const provider = await provide()
  provider.meet('not-a-number')
  const answers = await createMockEmbedder(provider, { dimensions }).embed(['one', 'two'], {})
  expect(answers[0]).toEqual({ failed: 'openai answered with a value that is not a number' })
  expect(answers[1]).toHaveProperty('vector')
})

test('answers are brought to length 1 where that is asked for', async () => {
  const provider = await provide()
  provider.meet('not-normalised')
  const [answer] = await createMockEmbedder(provider, { dimensions, normalise: true }).embed(['one'], {})
  expect(Math.hypot(...vectorOf(answer))).toBeCloseTo(1, 5)
})

test('no more calls are on their way than allowed, and an interrupt sends no more but keeps what was paid for', async () => {
  const provider = await provide()
  const release = provider.hold()
  const interrupt = new AbortController()
  const tally = createTally()
  const embedder = createMockEmbedder(provider, { dimensions, callsAtOnce: 3, limits: { itemsPerCall: 1 } })
  const work = embedder.embed(texts(10), { signal: interrupt.signal, watch: tally }).catch((error: unknown) => error)
  await provider.called(3)
  interrupt.abort(new Error('interrupted'))
  release()
  expect(await work).toMatchObject({ message: 'interrupted' })
  expect(provider.statistics).toMatchObject({ requests: 3, mostAtOnce: 3 })
  expect(tally.texts).toHaveLength(3)
})

test('workers share calls: one that is not full waits for more as long as others are on their way', async () => {
  const provider = await provide()
  const embedder = createMockEmbedder(provider, { dimensions, limits: { itemsPerCall: 10 } })
  const release = provider.hold()
  const first = embedder.embed(texts(13), {})
  await provider.called(1)
  // Three of the first and these eight are a full call, the one left over waits.
  const second = embedder.embed(texts(21).slice(13), {})
  await provider.called(2)
  const third = embedder.embed(texts(23).slice(21), {})
  expect(provider.statistics.requests).toBe(2)
  release()
  expect((await Promise.all([first, second, third])).flat().map(vectorOf)).toEqual(await expected(texts(23)))
  expect(provider.statistics.requests).toBe(3)
})

test('one who leaves takes along only what is not sent; a call that is nobody else’s is not sent either', async () => {
  const provider = await provide()
  const release = provider.hold()
  const [early, late] = [new AbortController(), new AbortController()]
  const embedder = createMockEmbedder(provider, { dimensions, callsAtOnce: 1, limits: { itemsPerCall: 4 } })
  const leaves = embedder.embed(texts(6), { signal: early.signal }).catch((error: unknown) => error)
  const stays = embedder.embed(texts(16).slice(6), { signal: late.signal })
  await provider.called(1)
  early.abort(new Error('gone'))
  release()
  expect(await leaves).toMatchObject({ message: 'gone' })
  expect((await stays).map(vectorOf)).toEqual(await expected(texts(16).slice(6)))
  // Two of the six were never sent.
  expect(provider.statistics.paid.size).toBe(14)
  await expect(embedder.embed(['late'], { signal: early.signal })).rejects.toThrow('gone')
})

test('a call has no more tokens than the account may spend in most of a minute', async () => {
  const provider = await provide()
  const long = texts(20).map((text) => `${text} ${'word '.repeat(100)}`)
  await createMockEmbedder(provider, { dimensions, limits: { tokensPerMinute: 1_000 } }).embed(long, {})
  // Of 107 tokens, or 134 by their bytes, five fit below 800.
  expect(provider.statistics.requests).toBe(4)
})

test('with all of it at once, every text has its own vector, but the one that is refused, and nothing is uncounted', async () => {
  const chances = { 'wrong-order': 0.2, 'rate-limit': 0.1, 'server-error': 0.1, reset: 0.05, 'reset-paid': 0.05 }
  const provider = await provide({
    seed,
    chances: { ...chances, 'one-answer-less': 0.05, 'not-json': 0.05 },
    refuses: (text) => text.includes('number 123 '),
  })
  const asked = texts(600)
  const tally = createTally()
  const embedder = createMockEmbedder(provider, { dimensions, limits: { itemsPerCall: 16 } })
  const pages = [asked.slice(0, 150), asked.slice(150, 400), asked.slice(400)]
  const answers = (await Promise.all(pages.map((page) => embedder.embed(page, { watch: tally })))).flat()
  expect(answers[123]).toHaveProperty('failed')
  const others = asked.filter((_, place) => place !== 123)
  expect(answers.filter((_, place) => place !== 123).map(vectorOf)).toEqual(await expected(others))
  expect(tally.texts.toSorted()).toEqual(asked.toSorted())
  expect(tally.charged).toBeGreaterThanOrEqual(provider.statistics.tokens)
  expect(tally.charged).toBeLessThanOrEqual(tally.reserved)
})
