import { limits } from './limits.ts'
import { parseName } from './names.ts'
import { invalid } from './status.ts'
import type { WireFields, WireInt, WireTimestamp, WireValue } from './wire.ts'

export interface Timestamp {
  readonly seconds: number
  readonly nanos: number
}

export type Fields = Readonly<Record<string, Value>>

/**
 * A stored value. The property beside `kind` is named as in google.firestore.v1.Value, so a stored value is encoded
 * as it is. Integers outside 2^53 are decimal strings. A vector is the map that stands for it on the wire.
 */
export type Value =
  | { readonly kind: 'null'; readonly nullValue: 0 }
  | { readonly kind: 'boolean'; readonly booleanValue: boolean }
  | { readonly kind: 'integer'; readonly integerValue: number | string }
  | { readonly kind: 'double'; readonly doubleValue: number }
  | { readonly kind: 'timestamp'; readonly timestampValue: Timestamp }
  | { readonly kind: 'string'; readonly stringValue: string }
  | { readonly kind: 'bytes'; readonly bytesValue: Uint8Array }
  | { readonly kind: 'reference'; readonly referenceValue: string }
  | { readonly kind: 'geoPoint'; readonly geoPointValue: { readonly latitude: number; readonly longitude: number } }
  | { readonly kind: 'array'; readonly arrayValue: { readonly values: readonly Value[] } }
  | { readonly kind: 'vector' | 'map'; readonly mapValue: { readonly fields: Fields } }

export const nullValue: Value = { kind: 'null', nullValue: 0 }

/** Decoded fields of a document as stored values; refuses what Firestore refuses. Copies, so the request can go. */
export function parseFields(fields: WireFields | undefined): Fields {
  const parsed: Record<string, Value> = {}
  if (!fields) return parsed
  for (const key of Object.keys(fields)) {
    checkFieldName(key, 'a document')
    const value = fields[key]
    if (value) parsed[key] = parseValue(value, 0)
  }
  return parsed
}

/** Nanoseconds a timestamp is cut to: stored ones to microseconds, those compared with to nothing. */
type Precision = 1 | 1000

/** One decoded operand of a query, exact. */
export const parseOperand = (value: WireValue): Value => parseValue(value, 0, 1)

/** One decoded value as it is stored; `depth` is the number of maps and arrays around it. */
export function parseValue(value: WireValue, depth = 0, precision: Precision = 1000): Value {
  const kind = Object.keys(value).at(-1) ?? 'unset'
  const parse = parsers[kind]
  if (!parse) throw invalid(`Cannot convert firestore.v1.Value with type ${kind}.`)
  return parse(value, depth, precision)
}

type Parse = (value: WireValue, depth: number, precision: Precision) => Value

const parsers: Readonly<Record<string, Parse | undefined>> = {
  nullValue: () => nullValue,
  booleanValue: ({ booleanValue = false }) => ({ kind: 'boolean', booleanValue }),
  integerValue: (value) => ({ kind: 'integer', integerValue: parseInteger(value.integerValue ?? 0) }),
  doubleValue: ({ doubleValue = 0 }) => ({ kind: 'double', doubleValue }),
  timestampValue: (value, _depth, precision) => ({
    kind: 'timestamp',
    timestampValue: parseTimestamp(value.timestampValue ?? {}, precision),
  }),
  stringValue: ({ stringValue = '' }) => ({ kind: 'string', stringValue: checkLength(stringValue) }),
  bytesValue: ({ bytesValue = new Uint8Array() }) => ({
    kind: 'bytes',
    bytesValue: Uint8Array.from(checkLength(bytesValue)),
  }),
  referenceValue: ({ referenceValue = '' }) => ({ kind: 'reference', referenceValue: parseReference(referenceValue) }),
  geoPointValue: ({ geoPointValue = {} }) => parseGeoPoint(geoPointValue),
  arrayValue: ({ arrayValue = {} }, depth, precision) => ({
    kind: 'array',
    arrayValue: { values: parseList(arrayValue.values ?? [], depth + 1, precision) },
  }),
  mapValue: ({ mapValue = {} }, depth, precision) => parseMap(mapValue.fields ?? {}, depth + 1, precision),
}

/** An int64 that is exact in either form. */
export function parseInteger(value: WireInt): number | string {
  if (typeof value === 'number') return value
  const near = value.high * 2 ** 32 + (value.low >>> 0)
  return Number.isSafeInteger(near) ? near : value.toString()
}

/** The same for a result of arithmetic. */
export function integerValue(value: bigint): Value {
  const near = Number(value)
  return { kind: 'integer', integerValue: Number.isSafeInteger(near) ? near : String(value) }
}

/** Cut to microseconds unless said otherwise; refuses what is outside the years 1 to 9999. */
export function parseTimestamp(value: WireTimestamp, precision: Precision = 1000): Timestamp {
  const seconds = Number(parseInteger(value.seconds ?? 0))
  const nanos = value.nanos ?? 0
  if (seconds < -62_135_596_800 || seconds > 253_402_300_799)
    throw invalid('Timestamp seconds exceeds limit for field.')
  if (nanos < 0 || nanos > 999_999_999) throw invalid('Timestamp nanos exceeds limit for field.')
  return { seconds, nanos: nanos - (nanos % precision) }
}

function parseReference(name: string): string {
  const { segments } = parseName(name, 'Resource name')
  if (segments.length === 0 || segments.length % 2 !== 0 || segments.includes('')) {
    throw invalid(`Resource name "${name}" does not name a document.`)
  }
  return name
}

function parseGeoPoint({ latitude = 0, longitude = 0 }: NonNullable<WireValue['geoPointValue']>): Value {
  if (!(latitude >= -90 && latitude <= 90)) {
    throw invalid(`Geo point latitude '${latitude}' outside permitted range -90.0 to 90.0.`)
  }
  if (!(longitude >= -180 && longitude <= 180)) {
    throw invalid(`Geo point longitude '${longitude}' outside permitted range -180.0 to 180.0.`)
  }
  return { kind: 'geoPoint', geoPointValue: { latitude, longitude } }
}

function parseList(values: readonly WireValue[], depth: number, precision: Precision): Value[] {
  checkDepth(depth)
  return values.map((item) => {
    const parsed = parseValue(item, depth, precision)
    if (parsed.kind === 'array') throw invalid('Cannot convert an array value in an array value.')
    if (parsed.kind === 'vector') throw invalid('Cannot convert a vector value in an array value.')
    return parsed
  })
}

function parseMap(fields: WireFields, depth: number, precision: Precision): Value {
  checkDepth(depth)
  if (Object.hasOwn(fields, '__type__')) return parseVector(fields)
  const parsed: Record<string, Value> = {}
  for (const key of Object.keys(fields)) {
    checkFieldName(key, 'a map')
    const value = fields[key]
    if (value) parsed[key] = parseValue(value, depth, precision)
  }
  return { kind: 'map', mapValue: { fields: parsed } }
}

function parseVector(fields: WireFields): Value {
  if (fields['__type__']?.stringValue !== '__vector__') throw invalid("field name '__type__' is reserved.")
  const values = fields['value']?.arrayValue?.values ?? []
  if (Object.keys(fields).length > 2) throw invalid('Vector Value map has extraneous entries.')
  if (values.length === 0) throw invalid('Cannot have a zero length vector.')
  if (values.length > limits.vectorDimensions) {
    throw invalid(`Vectors must be at most ${limits.vectorDimensions} dimensions.`)
  }
  const doubles = values.map((item) => parseValue(item))
  for (const item of doubles) {
    if (item.kind !== 'double') throw invalid("Vector must only contain values of type 'double'")
    if (Number.isNaN(item.doubleValue)) throw invalid('Vector cannot contain NaN values.')
  }
  const type: Value = { kind: 'string', stringValue: '__vector__' }
  return {
    kind: 'vector',
    mapValue: { fields: { __type__: type, value: { kind: 'array', arrayValue: { values: doubles } } } },
  }
}

function checkDepth(depth: number): void {
  if (depth > limits.nestingLevels) throw invalid(`A value is nested deeper than ${limits.nestingLevels} levels.`)
}

function checkFieldName(name: string, where: string): void {
  if (name === '') throw invalid(`The property.name is the empty string in ${where}.`)
  if (name.length >= 4 && name.startsWith('__') && name.endsWith('__')) throw invalid(`field name ${name} is reserved`)
  if (name.length * 3 > limits.fieldNameBytes && Buffer.byteLength(name) > limits.fieldNameBytes) {
    throw invalid(`The property.name is longer than ${limits.fieldNameBytes} bytes.`)
  }
}

function checkLength<T extends string | Uint8Array>(value: T): T {
  if (value.length * 3 <= limits.valueBytes) return value
  if (Buffer.byteLength(value) <= limits.valueBytes) return value
  throw invalid(`A value is longer than ${limits.valueBytes} bytes.`)
}

/** Exactly the same, type by type: 3 is not 3.0, -0 is not 0, NaN is NaN. */
function isIdentical(left: Value, right: Value): boolean {
  if (left === right) return true
  if (left.kind !== right.kind) return false
  if ('arrayValue' in left && 'arrayValue' in right) {
    const others = right.arrayValue.values
    const values = left.arrayValue.values
    return values.length === others.length && values.every((item, at) => isSameOrAbsent(item, others[at]))
  }
  if ('mapValue' in left && 'mapValue' in right) return hasIdenticalFields(left.mapValue.fields, right.mapValue.fields)
  return isIdenticalScalar(left, right)
}

function isIdenticalScalar(left: Value, right: Value): boolean {
  if ('doubleValue' in left && 'doubleValue' in right) return Object.is(left.doubleValue, right.doubleValue)
  if ('timestampValue' in left && 'timestampValue' in right) return sameParts(left.timestampValue, right.timestampValue)
  if ('bytesValue' in left && 'bytesValue' in right) return Buffer.compare(left.bytesValue, right.bytesValue) === 0
  if ('geoPointValue' in left && 'geoPointValue' in right) return sameParts(left.geoPointValue, right.geoPointValue)
  return scalarOf(left) === scalarOf(right)
}

/** The same keys with identical values. */
export function hasIdenticalFields(left: Fields, right: Fields): boolean {
  const keys = Object.keys(left)
  if (keys.length !== Object.keys(right).length) return false
  return keys.every((key) => isSameOrAbsent(left[key], Object.hasOwn(right, key) ? right[key] : undefined))
}

const isSameOrAbsent = (left: Value | undefined, right: Value | undefined): boolean =>
  left && right ? isIdentical(left, right) : left === right

const sameParts = (left: object, right: object): boolean => {
  const others = Object.values(right)
  return Object.values(left).every((part, at) => Object.is(part, others[at]))
}

function scalarOf(value: Value): unknown {
  switch (value.kind) {
    case 'boolean':
      return value.booleanValue
    case 'integer':
      return value.integerValue
    case 'string':
      return value.stringValue
    case 'reference':
      return value.referenceValue
    default:
      return undefined
  }
}
