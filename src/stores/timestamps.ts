import { LockstepError } from '../kernel/errors.ts'

/** Seconds since 1970 (negative before) and the nanoseconds after that second, 0 to 999,999,999. */
export interface Instant {
  readonly seconds: number
  readonly nanos: number
}

const pattern = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/

/** RFC 3339 in UTC; the fraction has 0, 3, 6 or 9 digits, whatever is needed, but never fewer than `digits`. */
export function formatTimestamp(seconds: number, nanos: number, digits = 0): string {
  const upToSeconds = new Date(seconds * 1000).toISOString().slice(0, 19)
  const fraction = nanos === 0 ? '' : String(nanos).padStart(9, '0').replace(/(?:000){1,2}$/, '')
  const shown = fraction.padEnd(digits, '0')
  return shown === '' ? `${upToSeconds}Z` : `${upToSeconds}.${shown}Z`
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
