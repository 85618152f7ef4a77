import type { EmbeddingTerms } from './embedder.ts'
import type { CountTokens } from './tokenizer.ts'

/** Upper bounds, in bytes, of the classes that texts are counted and sampled in; the last class has none. */
export const lengthClasses = [128, 512, 2_048, 8_192, 32_768] as const

/** Texts to sample of each class, where it has so many. */
export const samplesPerClass = 1_000

/** Unique texts of about one length that are not in the cache. */
export interface LengthClass {
  readonly texts: number
  /** Of all these texts together, as UTF-8. */
  readonly bytes: number
  readonly samples: readonly string[]
}

export interface EstimateInput {
  readonly classes: readonly LengthClass[]
  readonly terms: EmbeddingTerms
  readonly countTokens: CountTokens
  /** Default 8. */
  readonly callsAtOnce?: number
  /** How long a call takes. Default 1,000. */
  readonly millisecondsPerCall?: number
}

/** A number with the bounds it lies between, nineteen times of twenty. */
export interface Range {
  readonly low: number
  readonly likely: number
  readonly high: number
}

export interface EmbeddingEstimate {
  readonly texts: number
  readonly sampled: number
  readonly tokens: Range
  /** Undefined where the price is not known. */
  readonly usd: Range | undefined
  readonly calls: number
  readonly minutes: Range
  /** What the time is bound by. */
  readonly boundBy: 'tokens' | 'requests' | 'latency'
}

/** Tokens a byte where nothing was sampled: from long English words to dense data. */
const guess = { low: 1 / 6, likely: 1 / 4, high: 1 / 1.5 }

/** What embedding these texts takes: tokens from the samples, scaled by bytes class by class. Nothing is read or sent. */
export function estimateEmbedding(input: EstimateInput): EmbeddingEstimate {
  const { classes, terms, countTokens, callsAtOnce = 8, millisecondsPerCall = 1_000 } = input
  const parts = classes.filter(({ texts }) => texts > 0).map((each) => tokensOf(each, countTokens))
  const texts = sum(classes.map((each) => each.texts))
  const tokens = addUp(parts)
  const packed = Math.max(tokens.likely, sum(classes.map(({ bytes }) => bytes)) / 4)
  const { limits, usdPerMillionTokens: price } = terms
  const calls = Math.max(Math.ceil(texts / limits.itemsPerCall), Math.ceil(packed / limits.tokensPerCall))
  const floors = {
    tokens: tokens.likely / (limits.tokensPerMinute ?? Infinity),
    requests: calls / (limits.requestsPerMinute ?? Infinity),
    latency: (Math.ceil(calls / callsAtOnce) * millisecondsPerCall) / 60_000,
  }
  return {
    texts,
    sampled: sum(classes.map(({ samples }) => samples.length)),
    tokens,
    usd: price === undefined ? undefined : scale(tokens, price / 1_000_000),
    calls,
    minutes: minutesOf(floors, tokens),
    boundBy: longest(floors),
  }
}

/**
 * A ratio estimate: tokens a byte in the sample, for all bytes of the class; its bounds are two standard errors. Exact where the
 * sample is all there is.
 */
function tokensOf({ texts, bytes, samples }: LengthClass, countTokens: CountTokens): Range {
  if (samples.length < 2 && samples.length < texts) return scale(guess, bytes)
  const pairs = samples.map((text) => ({ tokens: countTokens(text), bytes: Buffer.byteLength(text) }))
  const counted = sum(pairs.map((pair) => pair.tokens))
  if (samples.length >= texts) return { low: counted, likely: counted, high: counted }
  const ratio = counted / sum(pairs.map((pair) => pair.bytes))
  const spread = Math.sqrt(sum(pairs.map((pair) => (pair.tokens - ratio * pair.bytes) ** 2)) / (pairs.length - 1))
  const unseen = Math.sqrt(1 - samples.length / texts)
  const error = (2 * spread * unseen * texts) / Math.sqrt(samples.length)
  const likely = ratio * bytes
  return { low: Math.max(counted, likely - error), likely, high: likely + error }
}

/** Errors of classes are independent: their squares add up. */
function addUp(parts: readonly Range[]): Range {
  const likely = sum(parts.map((part) => part.likely))
  const below = Math.sqrt(sum(parts.map((part) => (part.likely - part.low) ** 2)))
  const above = Math.sqrt(sum(parts.map((part) => (part.high - part.likely) ** 2)))
  return { low: Math.round(likely - below), likely: Math.round(likely), high: Math.round(likely + above) }
}

type Floors = Readonly<Record<EmbeddingEstimate['boundBy'], number>>

/** From the account's limits used to the full, to four fifths of them, which is where a run starts. */
function minutesOf(floors: Floors, tokens: Range): Range {
  const scaled = (by: number): number => floors.tokens * (tokens.likely === 0 ? 1 : by / tokens.likely)
  const low = Math.max(scaled(tokens.low), floors.requests, floors.latency)
  const likely = Math.max(floors.tokens / 0.93, floors.requests / 0.93, floors.latency)
  const high = Math.max(scaled(tokens.high) / 0.8, floors.requests / 0.8, floors.latency * 2)
  return { low, likely, high }
}

function longest({ tokens, requests, latency }: Floors): EmbeddingEstimate['boundBy'] {
  if (latency >= tokens && latency >= requests) return 'latency'
  return tokens >= requests ? 'tokens' : 'requests'
}

function scale(range: Range, by: number): Range {
  return { low: range.low * by, likely: range.likely * by, high: range.high * by }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
