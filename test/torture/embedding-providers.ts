import { startMockProvider } from '../embeddings/mock-provider.ts'
import type { MockProvider } from '../embeddings/mock-provider.ts'
import { vectorOf } from './embedding-clients.ts'
import type { Model } from './embedding-clients.ts'
import { seed } from './seeded.ts'

/** What the providers of both models are asked to do wrong: of all calls, so many. */
const chances = {
  'wrong-order': 0.3,
  'rate-limit': 0.04,
  'server-error': 0.04,
  reset: 0.02,
  'reset-paid': 0.02,
  'one-answer-less': 0.02,
  'not-json': 0.02,
} as const

/** The word that a provider refuses, wherever it stands in a text. */
export const refusedWord = 'unspeakable'

export interface ProviderSize {
  /** Texts of a call. */
  readonly items: number
  /** Requests and tokens of a minute, told in headers. */
  readonly requests: number
  readonly tokens: number
  /** Milliseconds of an answer, at least and at most. */
  readonly latency: readonly [number, number]
}

/** A provider with rate limits and mishaps. */
export function startUnreliable(
  model: Model,
  { items, requests, tokens, latency }: ProviderSize,
): Promise<MockProvider> {
  return startMockProvider({
    dimensions: model.dimensions,
    vectorOf: (text) => vectorOf(model, text),
    seed,
    limits: { requests, tokens, windowMs: 60_000 },
    caps: { items, tokens: 300_000, tokensPerItem: 8_191 },
    latency,
    chances,
    refuses: (text) => text.includes(refusedWord),
  })
}

/** A configured embedder that asks it. */
export function configOf(provider: MockProvider, { name, dimensions }: Model, items: number): string {
  return `{ provider: 'openai-compatible', model: '${name}', dimensions: ${dimensions}, baseUrl: '${provider.baseUrl}',
      apiKey: '${provider.apiKey}', price: 1, callsAtOnce: ${callsAtOnce}, limits: { itemsPerCall: ${items}, tokensPerCall: 280000 } }`
}

const callsAtOnce = 4

export interface Paid {
  readonly calls: number
  /** Tokens of each text once. */
  readonly unique: number
  /** Tokens that were paid for again. */
  readonly again: number
  /** Those that may be: of answers that were of no use, and of calls that were on their way at a kill. */
  readonly allowed: number
}

/** What was paid for; the short text by which a request is told from its texts is nobody's. */
export function paidTo({ statistics, countTokens }: MockProvider, kills: number): Paid {
  let [unique, again] = [0, 0]
  for (const [text, times] of statistics.paid) {
    if (text === 'lockstep') continue
    unique += countTokens(text)
    again += (times - 1) * countTokens(text)
  }
  const { requests, wasted, largest } = statistics
  return { calls: requests, unique, again, allowed: wasted + kills * callsAtOnce * largest }
}
