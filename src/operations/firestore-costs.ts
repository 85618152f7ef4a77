import type { DocumentTarget } from '../stores/documents.ts'
import { requestLimits } from '../stores/request-limits.ts'

/**
 * List prices of Firestore in dollars a document (nam5, read from the public price page in 2026-11; other regions
 * differ by up to a half). An estimate for the plan, not a bill.
 */
const firestorePrices = Object.freeze({
  read: 0.06 / 100_000,
  write: 0.18 / 100_000,
  delete: 0.02 / 100_000,
  date: '2026-11',
})

export interface Billed {
  readonly reads: number
  readonly writes: number
  readonly deletes: number
}

/** Reads, writes and deletes of documents in dollars. */
export function firestoreCost({ reads, writes, deletes }: Billed): number {
  return reads * firestorePrices.read + writes * firestorePrices.write + deletes * firestorePrices.delete
}

/** The documented ramp for new traffic: 500 writes a second, half as much again every 5 minutes. */
export const ramp = Object.freeze({ first: 500, factor: 1.5, everySeconds: 300, most: 10_000 })

/** Writes a second that the ramp allows `seconds` after the start. */
function rampRate(seconds: number): number {
  return Math.min(ramp.most, ramp.first * ramp.factor ** Math.floor(seconds / ramp.everySeconds))
}

/** Seconds that so many writes take at the ramp's pace. */
export function rampSeconds(writes: number): number {
  let left = writes
  let seconds = 0
  for (;;) {
    const rate = rampRate(seconds)
    const inStep = rate * ramp.everySeconds
    if (left <= inStep || rate === ramp.most) return seconds + left / rate
    left -= inStep
    seconds += ramp.everySeconds
  }
}

/** Bytes a second that Firestore's maintainers name for the writes of one database. */
const bandwidth = 10 * 1024 * 1024

export interface Writing {
  readonly seconds: readonly [number, number]
  /** Said after what is written, where a request takes fewer documents than usual. */
  readonly note: string
}

/** How long so many writes of so many bytes take, by the ramp and the bandwidth, and how many a request takes. */
export function writingOf(
  target: DocumentTarget,
  { writes, bytes }: { readonly writes: number; readonly bytes: number },
): Writing {
  const each = writes === 0 ? 0 : bytes / writes
  const room = target.emulator === undefined ? requestLimits.production : requestLimits.emulator
  const together = Math.max(1, Math.floor(room / Math.max(1, each)))
  const note = together >= requestLimits.writes ? '' : `; about ${together} a request, ${inKilobytes(each)} KB each`
  if (target.emulator !== undefined) return { seconds: [writes / 5_000, writes / 500 + 5], note }
  const sent = bytes / bandwidth
  return { seconds: [Math.max(rampSeconds(writes) * 0.9, sent), Math.max(rampSeconds(writes) * 2, sent * 2)], note }
}

function inKilobytes(bytes: number): number {
  return Math.round(bytes / 1024)
}
