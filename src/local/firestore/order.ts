import { nameKey } from './names.ts'
import type { Fields, Timestamp, Value } from './values.ts'

/**
 * Firestore's total order of values: null, booleans, numbers (NaN first, integers and doubles compared exactly),
 * timestamps, strings by UTF-8 bytes, bytes, references by path, geo points, arrays, vectors, maps.
 */
export function compareValues(left: Value, right: Value): number {
  const byType = typeRank[left.kind] - typeRank[right.kind]
  if (byType !== 0) return byType
  switch (left.kind) {
    case 'null':
      return 0
    case 'integer':
    case 'double':
      return compareNumbers(numberOf(left), numberOf(right))
    case 'geoPoint':
    case 'array':
    case 'vector':
    case 'map':
      return compareNested(left, right)
    default:
      return compareScalars(left, right)
  }
}

function compareScalars(left: Value, right: Value): number {
  if ('stringValue' in left && 'stringValue' in right) return compareText(left.stringValue, right.stringValue)
  if ('timestampValue' in left && 'timestampValue' in right) {
    return compareTimes(left.timestampValue, right.timestampValue)
  }
  if ('booleanValue' in left && 'booleanValue' in right) return Number(left.booleanValue) - Number(right.booleanValue)
  if ('bytesValue' in left && 'bytesValue' in right) return Buffer.compare(left.bytesValue, right.bytesValue)
  if ('referenceValue' in left && 'referenceValue' in right) {
    return compareReferences(left.referenceValue, right.referenceValue)
  }
  return 0
}

/** Equal in the order of queries: 3 equals 3.0 and NaN equals NaN, at any depth. */
export const isEquivalent = (left: Value, right: Value): boolean => compareValues(left, right) === 0

/** Values of one rank are compared by a range filter; others never match it. */
export const isSameType = (left: Value, right: Value): boolean => typeRank[left.kind] === typeRank[right.kind]

const typeRank: Readonly<Record<Value['kind'], number>> = {
  null: 0,
  boolean: 1,
  integer: 2,
  double: 2,
  timestamp: 3,
  string: 4,
  bytes: 5,
  reference: 6,
  geoPoint: 7,
  array: 8,
  vector: 9,
  map: 10,
}

/** A number to compare with: integers outside 2^53 as bigint, which JavaScript compares exactly with doubles. */
export function numberOf(value: Value): number | bigint {
  if (value.kind === 'double') return value.doubleValue
  if (value.kind !== 'integer') return Number.NaN
  return typeof value.integerValue === 'string' ? BigInt(value.integerValue) : value.integerValue
}

/** NaN sorts first and equals itself; -0 equals 0. */
export function compareNumbers(left: number | bigint, right: number | bigint): number {
  if (left < right) return -1
  if (left > right) return 1
  const leftIsNan = Number.isNaN(left)
  const rightIsNan = Number.isNaN(right)
  return leftIsNan === rightIsNan ? 0 : leftIsNan ? -1 : 1
}

function compareTimes(left: Timestamp, right: Timestamp): number {
  return left.seconds - right.seconds || left.nanos - right.nanos
}

/** The order of the UTF-8 bytes, which differs from that of UTF-16 units only where surrogates are involved. */
export function compareText(left: string, right: string): number {
  const length = Math.min(left.length, right.length)
  for (let at = 0; at < length; at++) {
    const a = left.charCodeAt(at)
    const b = right.charCodeAt(at)
    if (a !== b) return utf8Rank(a) - utf8Rank(b)
  }
  return left.length - right.length
}

const utf8Rank = (unit: number): number => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800)

function compareReferences(left: string, right: string): number {
  const a = nameKey(left)
  const b = nameKey(right)
  return a < b ? -1 : a > b ? 1 : 0
}

function compareNested(left: Value, right: Value): number {
  if (left.kind === 'geoPoint' && right.kind === 'geoPoint') {
    const a = left.geoPointValue
    const b = right.geoPointValue
    return compareNumbers(a.latitude, b.latitude) || compareNumbers(a.longitude, b.longitude)
  }
  if (left.kind === 'array' && right.kind === 'array') {
    return compareLists(left.arrayValue.values, right.arrayValue.values)
  }
  if (left.kind === 'vector' && right.kind === 'vector') {
    const a = vectorOf(left.mapValue.fields)
    const b = vectorOf(right.mapValue.fields)
    return a.length - b.length || compareLists(a, b)
  }
  if (left.kind === 'map' && right.kind === 'map') return compareMaps(left.mapValue.fields, right.mapValue.fields)
  return 0
}

function compareLists(left: readonly Value[], right: readonly Value[]): number {
  for (const [at, value] of left.entries()) {
    const other = right[at]
    if (other === undefined) return 1
    const order = compareValues(value, other)
    if (order !== 0) return order
  }
  return left.length - right.length
}

function compareMaps(left: Fields, right: Fields): number {
  const a = Object.keys(left).sort(compareText)
  const b = Object.keys(right).sort(compareText)
  for (const [at, key] of a.entries()) {
    const otherKey = b[at]
    if (otherKey === undefined) return 1
    const byKey = compareText(key, otherKey)
    if (byKey !== 0) return byKey
    const value = left[key]
    const other = right[otherKey]
    const byValue = value && other ? compareValues(value, other) : 0
    if (byValue !== 0) return byValue
  }
  return a.length - b.length
}

const vectorOf = (fields: Fields): readonly Value[] =>
  fields['value']?.kind === 'array' ? fields['value'].arrayValue.values : []
