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
