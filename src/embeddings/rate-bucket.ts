import type { LimitNews, RateNews } from './rate-news.ts'

/** A token bucket as data: what a row of the ledger or a variable holds. Times are milliseconds of one clock. */
export interface RateBucket {
  /** What may be taken at once; below zero it is debt, which is slept off. */
  readonly available: number
  readonly at: number
  /** A minute's worth, as the account's provider told; undefined while nobody told. */
  readonly learned?: number | undefined
  /** Nothing is sent before this time. */
  readonly blockedUntil?: number | undefined
}

/** Of the published limit, while nobody told the account's own; of the told one. The rest of each is for the others. */
const shares = {
  published: { rate: 0.8, burst: 0.15 },
  learned: { rate: 0.93, burst: 0.05 },
}

interface Flow {
  /** Units a millisecond. */
  readonly rate: number
  readonly burst: number
}

/** Rate and burst are below the limit together, so that no minute sees more than it and what its first call had saved up. */
function flowOf(bucket: RateBucket, published: number): Flow {
  const { rate, burst } = bucket.learned === undefined ? shares.published : shares.learned
  const limit = bucket.learned ?? published
  return { rate: (rate * limit) / 60_000, burst: burst * limit }
}

/** A bucket that nobody has taken from. */
export function newBucket(published: number, now: number): RateBucket {
  return { available: shares.published.burst * published, at: now }
}

/** What is there at `now`. */
function refill(bucket: RateBucket, { published, now }: { readonly published: number; readonly now: number }): number {
  const { rate, burst } = flowOf(bucket, published)
  return Math.min(burst, bucket.available + rate * Math.max(0, now - bucket.at))
}

/** Takes `amount`, and tells how many milliseconds later it may be spent. More than is there is debt. */
export function takeFrom(
  bucket: RateBucket,
  amount: number,
  at: { readonly published: number; readonly now: number },
): { readonly bucket: RateBucket; readonly wait: number } {
  const available = refill(bucket, at) - amount
  const blocked = Math.max(0, (bucket.blockedUntil ?? 0) - at.now)
  const debt = available < 0 ? -available / flowOf(bucket, at.published).rate : 0
  return { bucket: { ...bucket, available, at: at.now }, wait: Math.max(blocked, debt) }
}

/** Takes over what a provider told: its limit, that less remains than was thought, and a pause. */
export function teach(
  bucket: RateBucket,
  news: LimitNews & Pick<RateNews, 'pause'>,
  at: { readonly published: number; readonly now: number },
): RateBucket {
  const blockedUntil =
    news.pause === undefined ? bucket.blockedUntil : Math.max(bucket.blockedUntil ?? 0, at.now + news.pause)
  // After a refusal the burst is gone: all who waited would spend it at once.
  const most = Math.min(news.remaining ?? Infinity, news.pause === undefined ? Infinity : 0)
  return {
    available: Math.min(refill(bucket, at), most),
    at: at.now,
    learned: news.limit ?? bucket.learned,
    blockedUntil,
  }
}
