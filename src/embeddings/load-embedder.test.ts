import { expect, test } from 'vitest'
import { z } from 'zod'
import { createTally, vectorOf } from '../../test/embeddings/mock-embedder.ts'
import { startMockProvider } from '../../test/embeddings/mock-provider.ts'
import { systemClock } from '../kernel/clock.ts'
import { embeddersForm } from './embedder-config.ts'
import type { EmbeddersConfig } from './embedder-config.ts'
import type { Embedder } from './embedder.ts'
import { loadEmbedder } from './load-embedder.ts'
import { createLocalEmbedder } from './local-embedder.ts'
import { createMemoryKeeper } from './pace.ts'

const env = { SOME_KEY: 'test-key' }
const apiKey = { env: 'SOME_KEY' }
const load = (config: unknown, name = 'large'): Embedder =>
  loadEmbedder(embeddersForm.parse({ large: config }), name, { env })

const openai = { provider: 'openai', model: 'text-embedding-3-large', dimensions: 3_072, apiKey }

test.each([
  ['a name that is not there', openai, 'small', 'use one of: large'],
  ['a key that is not set', { ...openai, apiKey: { env: 'NO_SUCH' } }, 'large', 'export NO_SUCH=…'],
  ['no key', { ...openai, apiKey: undefined }, 'large', "apiKey: { env: 'NAME' }"],
  ['more dimensions than the model has', { ...openai, dimensions: 4_000 }, 'large', '3072 or fewer'],
  [
    'dimensions of a model that cannot be cut',
    { ...openai, model: 'text-embedding-ada-002', dimensions: 512 },
    'large',
    '1536 and no other',
  ],
  ['an address that is none', { ...openai, baseUrl: 'ftp://x' }, 'large', 'https://host/v1'],
])('%s is refused with a way out', (_, config, name, hint) => {
  expect(() => load(config, name)).toThrow(
    expect.objectContaining({ code: 'LS-1008', hint: expect.stringContaining(hint) }),
  )
})

test('without a section there is a hint as well, and names of objects are no embedders', () => {
  expect(() => loadEmbedder(undefined, 'large', { env })).toThrow(expect.objectContaining({ code: 'LS-1008' }))
  expect(() => load(openai, 'toString')).toThrow(expect.objectContaining({ code: 'LS-1008' }))
})

test.each([
  ['an unknown provider', { provider: 'acme', model: 'x', dimensions: 1 }],
  ['an unknown setting', { ...openai, modle: 'x' }],
  ['a task where there is none', { ...openai, task: 'document' }],
  ['no dimensions', { provider: 'local' }],
  ['a negative price', { ...openai, price: -1 }],
  ['an object that does not embed', { provider: 'custom', embedder: { model: {} } }],
])('%s is not valid', (_, config) => {
  const parsed = embeddersForm.safeParse({ large: config })
  expect(parsed.success).toBe(false)
  if (!parsed.success) expect(z.prettifyError(parsed.error)).toContain('large')
})

test('limits and prices are those of the dated table, and the configuration wins', () => {
  expect(load(openai).terms).toMatchObject({
    usdPerMillionTokens: 0.13,
    limits: { itemsPerCall: 2_048, tokensPerMinute: 1_000_000 },
  })
  expect(load(openai).terms?.pricedOn).toMatch(/^2026-/)
  expect(load({ ...openai, price: 1 }).terms?.pricedOn).toBeUndefined()
  const own = load({ ...openai, price: 0.5, limits: { tokensPerMinute: 5_000_000 } })
  expect(own.terms).toMatchObject({
    usdPerMillionTokens: 0.5,
    limits: { itemsPerCall: 2_048, tokensPerMinute: 5_000_000 },
  })
  expect(
    load({ provider: 'voyage', model: 'voyage-4-lite', dimensions: 1_024, apiKey }).terms?.limits.tokensPerCall,
  ).toBe(900_000)
  expect(
    load({ provider: 'openai-compatible', model: 'bge', dimensions: 8, baseUrl: 'http://127.0.0.1:1/v1' }).terms
      ?.usdPerMillionTokens,
  ).toBeUndefined()
})

test('the task of stored texts is part of the key, the address and the key of the account are not', () => {
  const cohere = load({ provider: 'cohere', model: 'embed-v4.0', dimensions: 1_536, apiKey })
  expect(cohere.model).toMatchObject({ task: 'search_document', normalised: true })
  expect(cohere.model.key).toContain('search_document')
  const azure = load({ ...openai, provider: 'azure', baseUrl: 'https://shop.example.org' })
  expect(azure.model.key).not.toContain('example')
  expect(azure.model.key).not.toContain('test-key')
})

test('local and custom embedders are what they are', async () => {
  const local = createLocalEmbedder({ dimensions: 8 })
  expect(load({ provider: 'custom', embedder: local })).toBe(local)
  const [one] = await load({ provider: 'local', dimensions: 8 }).embed(['text'], {})
  expect(one).toEqual((await local.embed(['text'], {}))[0])
})

test('a configured embedder keeps the pace that its provider teaches, with every text paid once', async () => {
  // A minute of the account takes 300 ms here.
  const clock = {
    now: () => Date.now() * 200,
    sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / 200, signal),
  }
  const provider = await startMockProvider({ dimensions: 8, limits: { requests: 40, tokens: 100_000, windowMs: 300 } })
  try {
    const config: EmbeddersConfig = {
      own: {
        provider: 'openai-compatible',
        model: 'm',
        dimensions: 8,
        baseUrl: provider.baseUrl,
        apiKey,
        limits: { itemsPerCall: 1 },
      },
    }
    const keeper = createMemoryKeeper(clock)
    const embedder = loadEmbedder(config, 'own', { env, clock, keeperFor: () => keeper })
    const texts = Array.from({ length: 90 }, (_, n) => `text ${n}`)
    const tally = createTally()
    const answers = await embedder.embed(texts, { watch: tally })
    expect(answers.map(vectorOf)).toHaveLength(90)
    expect([...provider.statistics.paid.values()].every((times) => times === 1)).toBe(true)
    expect(provider.statistics.requests - provider.statistics.answered).toBe(provider.statistics.rateLimited)
    expect(tally.charged).toBe(provider.statistics.tokens)
  } finally {
    await provider.stop()
  }
})
