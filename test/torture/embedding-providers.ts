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

/** Texts that a verification asks the new model for anew, whatever is known: that is what it is for. */
const probes = 21

export interface Paid {
  readonly calls: number
  /** Tokens of each text once. */
  readonly unique: number
  /** Tokens that were paid for again. */
  readonly again: number
  /** Those that may be. */
  readonly allowed: number
  /** Of these, those of answers that were of no use. */
  readonly wasted: number
}

export interface Spending {
  /** Processes that were killed. */
  readonly kills: number
  /** Verifications that may have asked this provider, those of killed processes among them. */
  readonly probed: number
}

/**
 * What was paid for; the short text by which a request is told from its texts is nobody's. Paid for again may be: answers that were of
 * no use, calls on their way at a kill, each as large as the largest, and the texts of verifications, each as long as the longest.
 */
export function paidTo({ statistics, countTokens }: MockProvider, { kills, probed }: Spending): Paid {
  let [unique, again, longest] = [0, 0, 0]
  for (const [text, times] of statistics.paid) {
    if (text === 'lockstep') continue
    const tokens = countTokens(text)
    unique += tokens
    again += (times - 1) * tokens
    longest = Math.max(longest, tokens)
  }
  const { requests, wasted, largest } = statistics
  const allowed = wasted + kills * callsAtOnce * largest + probed * probes * longest
  return { calls: requests, unique, again, allowed, wasted }
}
