import { hashContent } from '../../src/embeddings/content.ts'
import { startMockProvider } from '../embeddings/mock-provider.ts'
import type { MockProvider } from '../embeddings/mock-provider.ts'
import { vectorOf } from './embedding-clients.ts'
import type { Model } from './embedding-clients.ts'
import { ask } from './oracle.ts'
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

/** Calls of a process that may be under way. */
export const callsAtOnce = 4

/** Texts that a verification asks the new model for anew, whatever is known: that is what it is for. */
const probes = 21

export interface Paid {
  readonly calls: number
  /** Tokens of each text once. */
  readonly unique: number
  /** Tokens that were paid for again. */
  readonly again: number
  /** Of these, those of answers that were of no use. */
  readonly wasted: number
  /** Those that verifications ask for, at most. */
  readonly probed: number
}

/**
 * What was paid for, with so many verifications; the short text by which a request is told from its texts is nobody's. What is paid for
 * again beside wasted and probed tokens was on its way at a kill: `unkept` tells of each that it was no more than that.
 */
export function paidTo({ statistics, countTokens }: MockProvider, verifications: number): Paid {
  let [unique, again, longest] = [0, 0, 0]
  for (const [text, times] of statistics.paid) {
    if (text === probeText) continue
    const tokens = countTokens(text)
    unique += tokens
    again += (times - 1) * tokens
    longest = Math.max(longest, tokens)
  }
  const { requests, wasted } = statistics
  return { calls: requests, unique, again, wasted, probed: verifications * probes * longest }
}

const probeText = 'lockstep'

export interface Unkept {
  readonly calls: number
  readonly tokens: number
}

/** Calls from the nth on that were answered and paid for, and whose answers are not all in the cache. */
export async function unkept(url: string, provider: MockProvider, from: number): Promise<Unkept> {
  await provider.idle()
  const calls = provider.statistics.useful.slice(from)
  const rows = await ask(url, "select encode(hash, 'hex') as hash from lockstep.embeddings")
  const kept = new Set(rows.map(({ hash }) => hash))
  const lost = calls.map((texts) => texts.filter((text) => text !== probeText && !kept.has(hashContent(text))))
  return {
    calls: lost.filter((texts) => texts.length > 0).length,
    tokens: lost.flat().reduce((sum, text) => sum + provider.countTokens(text), 0),
  }
}
