import { LockstepError } from '../kernel/errors.ts'

/** Seconds since 1970 (negative before) and the nanoseconds after that second, 0 to 999,999,999. */
export interface Instant {
  readonly seconds: number
  readonly nanos: number
}

const pattern = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/

/** RFC 3339 in UTC; the fraction has 0, 3, 6 or 9 digits, whatever is needed, but never fewer than `digits`. */
export function formatTimestamp(seconds: number, nanos: number, digits = 0): string {
  const upToSeconds = textOfSecond(seconds)
  const fraction = renderFraction(nanos).padEnd(digits, '0')
  return fraction === '' ? `${upToSeconds}Z` : `${upToSeconds}.${fraction}Z`
}

function renderFraction(nanos: number): string {
  if (nanos === 0) return ''
  if (nanos % 1e6 === 0) return String(nanos / 1e6).padStart(3, '0')
  if (nanos % 1e3 === 0) return String(nanos / 1e3).padStart(6, '0')
  return String(nanos).padStart(9, '0')
}

/** Documents written together share their seconds, and dates are most of what decoding a document costs. */
const known = new Map<number, string>()
const mostKnown = 1_000

function textOfSecond(seconds: number): string {
  const text = known.get(seconds)
  if (text !== undefined) return text
  const made = new Date(seconds * 1000).toISOString().slice(0, 19)
  if (known.size >= mostKnown) known.clear()
  known.set(seconds, made)
  return made
}

/** The instant an RFC 3339 text in UTC names, exact to the nanosecond. LS-2103 when it is none. */
export function parseTimestamp(text: string): Instant {
  const match = pattern.exec(text)
  const millis = match === null ? Number.NaN : Date.parse(`${match[1]}Z`)
  if (match === null || Number.isNaN(millis)) {
    throw new LockstepError('LS-2103', `'${text}' is not a timestamp`, {
      why: 'timestamps are RFC 3339 texts in UTC with at most 9 digits of fraction',
      hint: 'write it like 2026-01-31T08:30:00.123456Z',
    })
  }
  return { seconds: millis / 1000, nanos: Number((match[2] ?? '').padEnd(9, '0')) }
}
