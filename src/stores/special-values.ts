import type { LockstepError } from '../kernel/errors.ts'
import { toBase64 } from './base64.ts'
import type { Value } from './documents.ts'
import { toDouble, toGeoPoint } from './doubles.ts'
import { formatTimestamp } from './timestamps.ts'

type Refuse = (why: string) => LockstepError

/** Neither an instance of a class nor a view: what becomes a map. Plain objects of other realms count too. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/**
 * The value an object stands for that is more than its members: dates, bytes, decoded views and the SDKs' own
 * classes, told by shape because a user's project may hold several copies of them. Undefined for any other object.
 */
export function encodeSpecial(value: object, refuse: Refuse): Value | undefined {
  const byMethod =
    encodeDate(value, refuse) ?? encodeTimestamp(value, refuse) ?? encodeBytes(value) ?? encodeVector(value)
  if (byMethod !== undefined || isPlain(value)) return byMethod
  return encodeGeoPoint(value) ?? encodeReference(value, refuse)
}

function encodeDate(value: object, refuse: Refuse): Value | undefined {
  if (Object.prototype.toString.call(value) !== '[object Date]') return undefined
  const millis = Number(value)
  if (Number.isNaN(millis)) throw refuse('is an invalid date')
  return encodeInstant(Math.floor(millis / 1000), (((millis % 1000) + 1000) % 1000) * 1e6, refuse)
}

function encodeTimestamp(value: object, refuse: Refuse): Value | undefined {
  if (!('seconds' in value && 'nanoseconds' in value && 'toDate' in value)) return undefined
  const { seconds, nanoseconds, toDate } = value
  if (typeof seconds !== 'number' || typeof nanoseconds !== 'number' || typeof toDate !== 'function') return undefined
  return encodeInstant(seconds, nanoseconds, refuse)
}

const first = Date.parse('0001-01-01T00:00:00Z') / 1000
const last = Date.parse('9999-12-31T23:59:59Z') / 1000

/** Cut to microseconds, as Firestore does: what is written has to be told again from what is kept. */
function encodeInstant(seconds: number, nanos: number, refuse: Refuse): Value {
  const known = Number.isInteger(seconds) && Number.isInteger(nanos) && nanos >= 0 && nanos < 1e9
  if (!known || seconds < first || seconds > last) throw refuse('is a time outside the years 1 to 9999')
  return { timestampValue: formatTimestamp(seconds, nanos - (nanos % 1_000)) }
}

function encodeBytes(value: object): Value | undefined {
  const read = 'toUint8Array' in value ? value.toUint8Array : undefined
  const bytes: unknown = typeof read === 'function' ? read.call(value) : value
  return isBytes(bytes) ? { bytesValue: toBase64(bytes) } : undefined
}

/** Also those of another realm, and Buffers. */
function isBytes(value: unknown): value is Uint8Array {
  return Object.prototype.toString.call(value) === '[object Uint8Array]'
}

function encodeGeoPoint(value: object): Value | undefined {
  if (!('latitude' in value && 'longitude' in value)) return undefined
  const { latitude, longitude } = value
  if (typeof latitude !== 'number' || typeof longitude !== 'number') return undefined
  return toGeoPoint(latitude, longitude)
}

function encodeReference(value: object, refuse: Refuse): Value | undefined {
  if (!('path' in value) || typeof value.path !== 'string') return undefined
  if ('project' in value && 'database' in value) {
    return {
      referenceValue: `projects/${String(value.project)}/databases/${String(value.database)}/documents/${value.path}`,
    }
  }
  if (!('firestore' in value)) return undefined
  const database = databaseOf(value.firestore)
  if (database === undefined) throw refuse('is a reference whose Firestore does not know its project yet')
  return { referenceValue: `${database}/documents/${value.path}` }
}

/** The server SDK keeps project and database on the instance, the web SDK on its database id. */
function databaseOf(firestore: unknown): string | undefined {
  if (typeof firestore !== 'object' || firestore === null) return undefined
  const id = '_databaseId' in firestore ? firestore._databaseId : undefined
  if (typeof id === 'object' && id !== null && 'projectId' in id && 'database' in id)
    return nameOf(id.projectId, id.database)
  return nameOf('_projectId' in firestore ? firestore._projectId : undefined, id ?? '(default)')
}

function nameOf(project: unknown, database: unknown): string | undefined {
  return typeof project === 'string' && typeof database === 'string'
    ? `projects/${project}/databases/${database}`
    : undefined
}

function encodeVector(value: object): Value | undefined {
  const read = 'toArray' in value ? value.toArray : undefined
  const numbers: unknown = typeof read === 'function' ? read.call(value) : undefined
  if (!Array.isArray(numbers) || !numbers.every((item) => typeof item === 'number')) return undefined
  const values = numbers.map(toDouble)
  return { mapValue: { fields: { __type__: { stringValue: '__vector__' }, value: { arrayValue: { values } } } } }
}
