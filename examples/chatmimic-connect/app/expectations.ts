import { DocumentReference, GeoPoint, Timestamp } from '@google-cloud/firestore'

/** A stored value as plain JSON, comparable by its text. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

export type Store = 'firestore' | 'postgres'

/** One write of the simulator. It is noted as `unknown` before it is sent and again once the store acknowledged it. */
export interface WriteEvent {
  readonly at: string
  readonly op: string
  readonly store: Store
  /** A document's name, or `table#id`. */
  readonly target: string
  /** `set`: exactly these fields; `update`: these fields and no other; `delete`: no fields. */
  readonly write: 'set' | 'update' | 'delete'
  /** Each field with the values that are right for it afterwards: one, except where a default may fill a gap. */
  readonly fields: Readonly<Record<string, readonly Json[]>>
  readonly outcome: 'acknowledged' | 'unknown'
}

/** What must be found: the last acknowledged value of each field, plus those of later writes of unknown fate. */
export interface Expectation {
  readonly store: Store
  readonly target: string
  readonly exists: readonly boolean[]
  readonly fields: Readonly<Record<string, readonly Json[]>>
}

/** Stands for a field that is not there. */
export const absent: Json = { $absent: true }

/** What a reader finds for `language` where no client wrote it: nothing, or the migration's default. */
export const unsetLanguage: readonly Json[] = [absent, 'en']

/** The expectation after one more write; undefined while nothing is known for certain about the target. */
export function expectAfter(before: Expectation | undefined, event: WriteEvent): Expectation | undefined {
  const { store, target } = event
  const exists = event.write !== 'delete'
  if (event.outcome === 'unknown') return before && { ...before, ...candidates(before, event, exists) }
  if (event.write !== 'update') return { store, target, exists: [exists], fields: event.fields }
  return { store, target, exists: [true], fields: { ...before?.fields, ...event.fields } }
}

function candidates(before: Expectation, event: WriteEvent, exists: boolean): Pick<Expectation, 'exists' | 'fields'> {
  const fields: Record<string, readonly Json[]> = { ...before.fields }
  for (const [name, values] of Object.entries(fields)) {
    const written = event.fields[name] ?? (event.write === 'set' ? [absent] : [])
    fields[name] = union(values, written)
  }
  return { exists: union(before.exists, [exists]), fields }
}

/** The names of the fields of which none of the right values is found; `''` is the document or row itself. */
export function differences(
  expected: Expectation,
  found: Readonly<Record<string, Json>> | undefined,
): readonly string[] {
  if (!expected.exists.includes(found !== undefined)) return ['']
  if (found === undefined) return []
  return Object.entries(expected.fields)
    .filter(
      ([name, values]) => !values.some((value) => canonical(value) === canonical(found[name] ?? missing(found, name))),
    )
    .map(([name]) => name)
}

const missing = (found: object, name: string): Json => (name in found ? null : absent)

function union<T extends Json>(one: readonly T[], other: readonly T[]): readonly T[] {
  const known = new Set(one.map(canonical))
  return [...one, ...other.filter((value) => !known.has(canonical(value)))]
}

/** JSON text with sorted keys. */
function canonical(value: Json): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}

/** A value as the official client gives it, as plain JSON with its type kept. */
export function encode(value: unknown): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : { $number: String(value) }
  if (value instanceof Timestamp) return { $timestamp: `${value.seconds}.${value.nanoseconds}` }
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') }
  if (value instanceof DocumentReference) return { $reference: value.path }
  if (value instanceof GeoPoint) return { $point: [value.latitude, value.longitude] }
  if (Array.isArray(value)) return value.map(encode)
  if (typeof value === 'object') return encodeFields(value)
  return { $other: typeof value }
}

/** Each field of a document or row, encoded. */
export const encodeFields = (data: object): Record<string, Json> =>
  Object.fromEntries(Object.entries(data).map(([name, value]) => [name, encode(value)]))
