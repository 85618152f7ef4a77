import type { Converted } from './conversion.ts'

/** Microseconds since 1970, which is what Firestore keeps of a time. */
export type Micros = bigint

const first = BigInt(Date.parse('0001-01-01T00:00:00Z')) * 1000n
const last = BigInt(Date.parse('9999-12-31T23:59:59Z')) * 1000n + 999_999n

/** A raw timestamp in microseconds; what is below a microsecond is cut. */
export function microsOf(timestamp: string): Micros {
  const millis = Date.parse(`${timestamp.slice(0, 19)}Z`)
  const fraction = timestamp.slice(20, -1).padEnd(6, '0').slice(0, 6)
  return BigInt(millis) * 1000n + BigInt(fraction)
}

/** The raw timestamp, in RFC 3339 with 0, 3 or 6 digits of fraction; out of range outside the years 1 to 9999. */
export function timestampOf(micros: Micros): Converted {
  if (micros < first || micros > last) return { loss: 'out-of-range', value: undefined }
  const within = Number(modulo(micros, 1_000_000n))
  const seconds = Number((micros - BigInt(within)) / 1_000_000n)
  const upToSeconds = new Date(seconds * 1000).toISOString().slice(0, 19)
  const fraction = within % 1000 === 0 ? String(within / 1000).padStart(3, '0') : String(within).padStart(6, '0')
  return { value: { timestampValue: within === 0 ? `${upToSeconds}Z` : `${upToSeconds}.${fraction}Z` } }
}

/** The remainder that is never negative. */
export function modulo(value: bigint, divisor: bigint): bigint {
  return ((value % divisor) + divisor) % divisor
}
