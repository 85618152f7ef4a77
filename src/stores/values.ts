import { LockstepError } from '../kernel/errors.ts'
import { fromBase64 } from './base64.ts'
import type { Fields, Value } from './documents.ts'
import { toDouble } from './doubles.ts'
import { encodeSpecial, isPlain } from './special-values.ts'
import { formatTimestamp, parseTimestamp } from './timestamps.ts'

/** A point in time, exact to what the database keeps. `toDate` and `toMillis` cut it to milliseconds. */
export interface TimestampView {
  readonly seconds: number
  readonly nanoseconds: number
  toDate(): Date
  toMillis(): number
}

/** Where a reference points: a relative document name, in the project and database it names. */
export interface ReferenceView {
  readonly path: string
  readonly project: string
  readonly database: string
}

/** An embedding stored in a document. */
export interface VectorView {
  toArray(): number[]
}

/**
 * Fields as a user's function sees them: integers as number when safe, else bigint; doubles as number; timestamps,
 * references, geo points and vectors as frozen objects of the shapes above; bytes as Uint8Array. Encoded again each
 * value is what it was, but for a double without fraction (5.0), which a JavaScript number cannot tell from 5.
 */
export function decodeFields(fields: Fields): Record<string, unknown> {
  const decoded: Record<string, unknown> = {}
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    if (value !== undefined)
      Object.defineProperty(decoded, key, {
        value: decodeValue(value),
        enumerable: true,
        writable: true,
        configurable: true,
      })
  }
  return decoded
}

/** One value as a user's function sees it; see `decodeFields`. */
export function decodeValue(value: Value): unknown {
  if ('nullValue' in value) return null
  if ('booleanValue' in value) return value.booleanValue
  if ('integerValue' in value) return decodeInteger(value.integerValue)
  if ('doubleValue' in value) return Number(value.doubleValue)
  if ('timestampValue' in value) return decodeTimestamp(value.timestampValue)
  if ('stringValue' in value) return value.stringValue
  if ('bytesValue' in value) return fromBase64(value.bytesValue)
  if ('referenceValue' in value) return decodeReference(value.referenceValue)
  if ('geoPointValue' in value) {
    const { latitude, longitude } = value.geoPointValue
    return view({}, { latitude: Number(latitude), longitude: Number(longitude) })
  }
  if ('arrayValue' in value) return value.arrayValue.values.map(decodeValue)
  return decodeVector(value.mapValue.fields) ?? decodeFields(value.mapValue.fields)
}

/**
 * What a user's function returned, as a value of the database. A number without fraction that is safe becomes an
 * integer, any other a double; -0 stays a double. bigint becomes an integer. Times are cut to microseconds. Date, and
 * by their shapes Timestamp, GeoPoint, Bytes, DocumentReference and VectorValue of any copy of the SDKs, become what
 * they stand for. LS-2103 naming the place for what Firestore cannot keep: undefined, functions, an array or a vector
 * directly in an array.
 */
export function encodeValue(value: unknown): Value {
  return encodeAt(value, '')
}

function encodeAt(value: unknown, path: string): Value {
  switch (typeof value) {
    case 'string':
      return { stringValue: checkText(value, path) }
    case 'boolean':
      return { booleanValue: value }
    case 'number':
      return encodeNumber(value)
    case 'bigint':
      return encodeBigint(value, path)
    case 'object':
      return value === null ? { nullValue: null } : encodeObject(value, path)
    default:
      throw refuse(path, `is ${typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`}`)
  }
}

function encodeObject(value: object, path: string): Value {
  if (Array.isArray(value)) return encodeArray(value, path)
  const special = encodeSpecial(value, (why) => refuse(path, why))
  if (special !== undefined) return special
  if (!isPlain(value)) throw refuse(path, `is a ${value.constructor.name || 'class instance'}`)
  const fields: Record<string, Value> = {}
  for (const [key, member] of Object.entries(value)) {
    const place = path === '' ? key : `${path}.${key}`
    Object.defineProperty(fields, checkText(key, place), {
      value: encodeAt(member, place),
      enumerable: true,
      writable: true,
      configurable: true,
    })
  }
  return { mapValue: { fields } }
}

function encodeArray(items: readonly unknown[], path: string): Value {
  const values = Array.from(items, (item, i) => {
    const value = encodeAt(item, `${path}[${i}]`)
    if ('arrayValue' in value) throw refuse(`${path}[${i}]`, 'is an array directly in an array')
    if ('mapValue' in value && decodeVector(value.mapValue.fields) !== undefined)
      throw refuse(`${path}[${i}]`, 'is a vector in an array')
    return value
  })
  return { arrayValue: { values } }
}

function encodeNumber(value: number): Value {
  const integral = Number.isSafeInteger(value) && !Object.is(value, -0)
  return integral ? { integerValue: String(value) } : toDouble(value)
}

function encodeBigint(value: bigint, path: string): Value {
  if (BigInt.asIntN(64, value) !== value) throw refuse(path, 'is an integer of more than 64 bits')
  return { integerValue: String(value) }
}

/** Half of a surrogate pair has no UTF-8 form; it would be stored as another character. */
function checkText(text: string, path: string): string {
  if (/\p{Surrogate}/u.test(text)) throw refuse(path, 'has half of a surrogate pair')
  return text
}

function refuse(path: string, why: string): LockstepError {
  const name = path === '' ? 'the value' : path
  return new LockstepError('LS-2103', `${name} ${why}, which Firestore cannot keep`, {
    where: { name },
    hint:
      why === 'is undefined'
        ? 'return null, or leave the member out'
        : 'return strings, numbers, booleans, null, dates, plain objects or arrays of them',
  })
}

function decodeInteger(text: string): number | bigint {
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : BigInt(text)
}

/** What decoded values can do is on prototypes: two views of the same are equal, and none is a plain object. */
const timestampMethods = {
  toMillis(this: TimestampView): number {
    return this.seconds * 1000 + Math.floor(this.nanoseconds / 1e6)
  },
  toDate(this: TimestampView): Date {
    return new Date(this.toMillis())
  },
  toJSON(this: TimestampView): string {
    return formatTimestamp(this.seconds, this.nanoseconds)
  },
}

const vectorMethods = {
  toArray(this: { readonly values: readonly number[] }): number[] {
    return [...this.values]
  },
}

function view<Members extends object, Methods extends object>(
  methods: Methods,
  members: Members,
): Readonly<Members & Methods> {
  return Object.freeze(Object.assign(Object.create(methods) as Methods, members))
}

function decodeTimestamp(text: string): TimestampView {
  const { seconds, nanos } = parseTimestamp(text)
  return view(timestampMethods, { seconds, nanoseconds: nanos })
}

function decodeReference(name: string): ReferenceView {
  const [, project = '', , database = '', , ...path] = name.split('/')
  return view({}, { path: path.join('/'), project, database })
}

/** A vector is a map of exactly these two members, an array of doubles in one; any other map stays a map. */
function decodeVector(fields: Fields): VectorView | undefined {
  const type = fields['__type__']
  const value = fields['value']
  if (type === undefined || !('stringValue' in type) || type.stringValue !== '__vector__') return undefined
  if (value === undefined || !('arrayValue' in value) || Object.keys(fields).length !== 2) return undefined
  const numbers = value.arrayValue.values.map((item) => ('doubleValue' in item ? Number(item.doubleValue) : undefined))
  if (!numbers.every((item) => item !== undefined)) return undefined
  return view(vectorMethods, { values: Object.freeze(numbers) })
}
