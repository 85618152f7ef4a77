import { LockstepError } from '../../kernel/errors.ts'
import type { Document, Fields, Value } from '../documents.ts'
import { toDouble, toGeoPoint } from '../doubles.ts'
import { formatTimestamp, parseTimestamp } from '../timestamps.ts'
import type { RawDocument, RawFields, RawTimestamp, RawValue } from './protocol.ts'

/** A document as the driver gives it, in the port's form. `prefix` is the length of the database's part of its name. */
export function decodeDocument(raw: RawDocument, prefix: number): Document {
  return {
    name: raw.name.slice(prefix),
    fields: decodeFieldsOf(raw.fields),
    updateTime: decodeVersion(raw.updateTime),
    createTime: decodeVersion(raw.createTime),
  }
}

/** A version as text, always with microseconds, so that equal versions are equal texts. */
export function decodeVersion(raw: RawTimestamp): string {
  return formatTimestamp(Number(raw.seconds), raw.nanos, 6)
}

/** A version or a timestamp's text as the protocol's message. LS-2103 when it is no RFC 3339 text. */
export function encodeTimestamp(text: string): RawTimestamp {
  const { seconds, nanos } = parseTimestamp(text)
  return { seconds: String(seconds), nanos }
}

/** Fields of the protocol in the port's form, exactly: no type, digit or key is lost. */
export function decodeFieldsOf(raw: RawFields): Fields {
  const fields: Record<string, Value> = {}
  for (const key of Object.keys(raw)) {
    const value = raw[key]
    if (value !== undefined) setOwn(fields, key, decodeRaw(value))
  }
  return fields
}

/** Fields of the port in the protocol's form; the inverse of `decodeFieldsOf`. */
export function encodeFieldsOf(fields: Fields): RawFields {
  const raw: RawFields = {}
  for (const key of Object.keys(fields)) {
    const value = fields[key]
    if (value !== undefined) setOwn(raw, key, encodeRaw(value))
  }
  return raw
}

/** Assigning to `__proto__` would replace the object's prototype and lose the value. */
export function setOwn<T>(target: Record<string, T>, key: string, value: T): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true })
  else target[key] = value
}

/** One value of the protocol in the port's form. LS-3004 for a kind of value this version does not know. */
function decodeRaw(raw: RawValue): Value {
  if (raw.stringValue !== undefined) return { stringValue: raw.stringValue }
  if (raw.integerValue !== undefined) return { integerValue: raw.integerValue }
  if (raw.booleanValue !== undefined) return { booleanValue: raw.booleanValue }
  if (raw.doubleValue !== undefined) return toDouble(raw.doubleValue)
  if (raw.mapValue !== undefined) return { mapValue: { fields: decodeFieldsOf(raw.mapValue.fields) } }
  if (raw.arrayValue !== undefined) return { arrayValue: { values: raw.arrayValue.values.map(decodeRaw) } }
  if (raw.timestampValue !== undefined) {
    return { timestampValue: formatTimestamp(Number(raw.timestampValue.seconds), raw.timestampValue.nanos) }
  }
  return decodeRare(raw)
}

function decodeRare(raw: RawValue): Value {
  if (raw.nullValue !== undefined) return { nullValue: null }
  if (raw.referenceValue !== undefined) return { referenceValue: raw.referenceValue }
  if (raw.geoPointValue !== undefined) {
    return toGeoPoint(raw.geoPointValue.latitude, raw.geoPointValue.longitude)
  }
  if (raw.bytesValue !== undefined) return { bytesValue: toBuffer(raw.bytesValue).toString('base64') }
  throw new LockstepError('LS-3004', `Firestore sent a kind of value that is not known: ${raw.valueType ?? 'none'}`, {
    hint: 'update lockstep; nothing was changed',
  })
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** One value of the port in the protocol's form. LS-2103 for a value that is none of the port's kinds. */
export function encodeRaw(value: Value): RawValue {
  if ('stringValue' in value || 'booleanValue' in value) return value
  if ('integerValue' in value) return checkInteger(value)
  if ('doubleValue' in value) return { doubleValue: Number(value.doubleValue) }
  if ('mapValue' in value) return { mapValue: { fields: encodeFieldsOf(value.mapValue.fields) } }
  if ('arrayValue' in value) return { arrayValue: { values: value.arrayValue.values.map(encodeRaw) } }
  if ('timestampValue' in value) return { timestampValue: encodeTimestamp(value.timestampValue) }
  if ('nullValue' in value) return { nullValue: 'NULL_VALUE' }
  if ('referenceValue' in value) return value
  if ('geoPointValue' in value) {
    const { latitude, longitude } = value.geoPointValue
    return { geoPointValue: { latitude: Number(latitude), longitude: Number(longitude) } }
  }
  if ('bytesValue' in value) return { bytesValue: Buffer.from(value.bytesValue, 'base64') }
  throw unknownKind(value)
}

/** The driver wraps integers outside 64 bits around silently. */
function checkInteger(value: { readonly integerValue: string }): RawValue {
  const text = value.integerValue
  const short = text.length <= 15 && /^-?\d+$/.test(text)
  if (short || (/^-?\d{1,20}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text))) return value
  throw new LockstepError('LS-2103', 'an integer value is not a 64-bit integer in decimal digits', {
    hint: 'Firestore keeps integers from -2^63 to 2^63 - 1; use a double or a string for others',
  })
}

function unknownKind(value: never): LockstepError {
  return new LockstepError('LS-2103', `not a Firestore value: ${Object.keys(value).join(', ') || 'an empty object'}`, {
    hint: 'a value has exactly one key, like { stringValue: "a" }',
  })
}
