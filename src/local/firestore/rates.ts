import { status } from '@grpc/grpc-js'
import { documentSize } from './limits.ts'
import { refusal } from './status.ts'
import type { Fields } from './values.ts'

/** Refuses writes that come faster than production takes them. */
export type CheckRates = (database: string, writes: readonly RatedWrite[]) => void

export interface RatedWrite {
  readonly key: string
  readonly segments: readonly string[]
  /** What is written; none where it is deleted. */
  readonly fields?: Fields | undefined
}

/**
 * What Firestore's best practices say of a collection that is new to its traffic (500 writes a second, half as many more every five
 * minutes; firebase.google.com/docs/firestore/best-practices#ramping_up_traffic), up to 10,000 a second as BulkWriter ramps. After five
 * minutes without writes it is new again.
 */
const ramp = { first: 500, factor: 1.5, everyMillis: 300_000, most: 10_000 }
/** One write a second that a single document sustains, by the older guidance; newer pages name no number. A burst passes. */
const document = { perSecond: 1, burst: 10 }

/** Bytes of documents a second and database, as Firestore's maintainers name it (googleapis/nodejs-firestore, issue 1515). */
const bandwidth = 10 * 1024 * 1024

interface Bucket {
  tokens: number
  filled: number
  readonly began: number
}

/**
 * A model of production's throttling: RESOURCE_EXHAUSTED above the ramp of a collection or the bandwidth of a database, ABORTED for a document that is written all the
 * time, and nothing of the request done. A request is taken while anything is left, and what it takes beyond is paid back first.
 */
export function createRates(now: () => number = Date.now): CheckRates {
  const collections = new Map<string, Bucket>()
  const databases = new Map<string, Bucket>()
  let documents = new Map<string, Bucket>()
  let older = documents
  let turned = now()
  const bucketOf = (buckets: Map<string, Bucket>, key: string, full: number, at: number): Bucket => {
    const bucket = buckets.get(key) ?? { tokens: full, filled: at, began: at }
    buckets.set(key, bucket)
    return bucket
  }
  return (database, writes) => {
    const at = now()
    // A bucket that nobody took from for as long as a burst takes to come back is full, and forgotten.
    if (at - turned > (document.burst / document.perSecond) * 1000) {
      older = documents
      documents = new Map()
      turned = at
    }
    const bytes = bucketOf(databases, database, bandwidth, at)
    if (refill(bytes, { rate: bandwidth, most: bandwidth, at }) <= 0)
      throw refusal(status.RESOURCE_EXHAUSTED, 'Bandwidth exhausted: more than 10 MiB a second to this database.')
    const names = writes.map(({ segments }) => `${database}/${segments.slice(0, -1).join('/')}`)
    for (const name of new Set(names)) {
      const found = collections.get(name)
      if (found && at - found.filled > ramp.everyMillis) collections.delete(name)
      const bucket = bucketOf(collections, name, ramp.first, at)
      const rate = Math.min(ramp.most, ramp.first * ramp.factor ** Math.floor((at - bucket.began) / ramp.everyMillis))
      if (refill(bucket, { rate, most: rate, at }) <= 0) {
        throw refusal(
          status.RESOURCE_EXHAUSTED,
          `Quota exceeded: more than ${Math.floor(rate)} writes a second to ${name}.`,
        )
      }
    }
    for (const { key } of writes) {
      const name = `${database} ${key}`
      const known = older.get(name)
      if (known) documents.set(name, known)
      const bucket = bucketOf(documents, name, document.burst, at)
      if (refill(bucket, { rate: document.perSecond, most: document.burst, at }) < 1) {
        throw refusal(status.ABORTED, 'Too much contention on these documents. Please try again.')
      }
    }
    for (const { segments, fields = {} } of writes) bytes.tokens -= documentSize(segments, fields)
    for (const name of names) bucketOf(collections, name, ramp.first, at).tokens--
    for (const { key } of writes) bucketOf(documents, `${database} ${key}`, document.burst, at).tokens--
  }
}

interface Refill {
  readonly rate: number
  readonly most: number
  readonly at: number
}

function refill(bucket: Bucket, { rate, most, at }: Refill): number {
  bucket.tokens = Math.min(most, bucket.tokens + ((at - bucket.filled) / 1000) * rate)
  bucket.filled = at
  return bucket.tokens
}
