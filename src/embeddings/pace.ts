import type { Clock } from '../kernel/clock.ts'
import type { EmbeddingLimits } from './embedder.ts'
import { newBucket, takeFrom, teach } from './rate-bucket.ts'
import type { RateBucket } from './rate-bucket.ts'
import type { RateNews } from './rate-news.ts'

/** When calls to one account may be sent. Implementations share it within a process, or by the ledger among all. */
export interface EmbeddingPace {
  /** Resolves when a call of so many tokens may be sent, or the signal aborts. */
  take(tokens: number, signal?: AbortSignal): Promise<void>
  /** Takes over what an answer told of the account's limits. */
  learn(news: RateNews): Promise<void>
}

/** The two limits of an account, each with its own bucket. */
export const paceKinds = ['requests', 'tokens'] as const
export type PaceKind = (typeof paceKinds)[number]

/** The two buckets of an account after `change`; `undefined` buckets have no limit. */
export type Buckets = Readonly<Record<PaceKind, RateBucket | undefined>>

/** Where buckets are kept: `change` is applied to their newest state by one holder at a time, by the clock of the keeper. */
export interface BucketKeeper {
  update<T>(change: (buckets: Buckets, now: number) => { readonly buckets: Buckets; readonly result: T }): Promise<T>
}

export interface PaceOptions {
  readonly limits: EmbeddingLimits
  readonly keeper: BucketKeeper
  readonly clock: Clock
}

/** Requests and tokens, each by its bucket: starts at 80 % of the published limits, and learns from the provider. */
export function createPace({ limits, keeper, clock }: PaceOptions): EmbeddingPace {
  const published = { requests: limits.requestsPerMinute, tokens: limits.tokensPerMinute }
  let told = ''
  let blockedUntil = 0
  return {
    async take(tokens, signal) {
      const wait = await keeper.update((buckets, now) => takeBoth(buckets, { requests: 1, tokens }, { published, now }))
      if (wait > 0) await clock.sleep(wait, signal)
      // Told meanwhile, by the answer to another call.
      while (blockedUntil > clock.now() && signal?.aborted !== true)
        await clock.sleep(blockedUntil - clock.now(), signal)
    },
    async learn(news) {
      if (news.pause !== undefined) blockedUntil = Math.max(blockedUntil, clock.now() + news.pause)
      const text = `${news.requests.limit} ${news.tokens.limit}`
      const scarce = paceKinds.some((kind) => isScarce(news[kind]))
      if (text === told && !scarce && news.pause === undefined) return
      told = text
      await keeper.update((buckets, now) => ({
        buckets: teachBoth(buckets, news, { published, now }),
        result: undefined,
      }))
    },
  }
}

function isScarce({ limit, remaining }: RateNews['tokens']): boolean {
  return limit !== undefined && remaining !== undefined && remaining < limit / 4
}

interface PublishedAt {
  readonly published: Readonly<Record<PaceKind, number | undefined>>
  readonly now: number
}

function takeBoth(
  buckets: Buckets,
  amounts: Readonly<Record<PaceKind, number>>,
  { published, now }: PublishedAt,
): { readonly buckets: Buckets; readonly result: number } {
  let result = 0
  const one = (kind: PaceKind): RateBucket | undefined => {
    const limit = buckets[kind]?.learned ?? published[kind]
    if (limit === undefined) return buckets[kind]
    const taken = takeFrom(buckets[kind] ?? newBucket(limit, now), amounts[kind], { published: limit, now })
    result = Math.max(result, taken.wait)
    return taken.bucket
  }
  return { buckets: { requests: one('requests'), tokens: one('tokens') }, result }
}

function teachBoth(buckets: Buckets, news: RateNews, { published, now }: PublishedAt): Buckets {
  const one = (kind: PaceKind): RateBucket | undefined => {
    const limit = published[kind] ?? news[kind].limit
    if (limit === undefined) return buckets[kind]
    return teach(
      buckets[kind] ?? newBucket(limit, now),
      { ...news[kind], pause: news.pause },
      { published: limit, now },
    )
  }
  return { requests: one('requests'), tokens: one('tokens') }
}

/** Buckets of this process alone: for work without a ledger. */
export function createMemoryKeeper(clock: Clock): BucketKeeper {
  let kept: Buckets = { requests: undefined, tokens: undefined }
  return {
    async update(change) {
      const { buckets, result } = change(kept, clock.now())
      kept = buckets
      return result
    },
  }
}
