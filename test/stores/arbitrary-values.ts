import fc from 'fast-check'
import type { Fields, Value } from '../../src/stores/documents.ts'
import { toDouble, toGeoPoint } from '../../src/stores/doubles.ts'
import { formatTimestamp, parseTimestamp } from '../../src/stores/timestamps.ts'

const first = Date.parse('0001-01-01T00:00:00Z') / 1000
const last = Date.parse('9999-12-31T23:59:59Z') / 1000

const key = fc.oneof(
  fc.string({ minLength: 1, unit: 'grapheme' }),
  fc.constantFrom('a.b', '`', '\\', '__proto__', 'constructor', 'toString', '__type__', 'length', '0'),
)
const segment = fc.string({ minLength: 1, maxLength: 8 }).map((text) => text.replaceAll('/', '_'))

const timestamp = fc
  .record({
    seconds: fc.integer({ min: first, max: last }),
    nanos: fc.oneof(
      fc.constant(0),
      fc.nat(999).map((n) => n * 1e6),
      fc.nat(999_999).map((n) => n * 1e3),
      fc.nat(999_999_999),
    ),
  })
  .map(({ seconds, nanos }): Value => ({ timestampValue: formatTimestamp(seconds, nanos) }))

const scalar: fc.Arbitrary<Value> = fc.oneof(
  fc.constant<Value>({ nullValue: null }),
  fc.boolean().map((booleanValue): Value => ({ booleanValue })),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((n): Value => ({ integerValue: String(n) })),
  fc.integer().map((n): Value => ({ integerValue: String(n) })),
  fc.double().map(toDouble),
  fc.integer().map(toDouble),
  timestamp,
  fc.string({ unit: 'grapheme' }).map((stringValue): Value => ({ stringValue })),
  fc.uint8Array().map((bytes): Value => ({ bytesValue: Buffer.from(bytes).toString('base64') })),
  fc
    .tuple(segment, segment, segment, segment)
    .map(([p, d, c, id]): Value => ({ referenceValue: `projects/${p}/databases/${d}/documents/${c}/${id}` })),
  fc
    .tuple(fc.double({ min: -90, max: 90, noNaN: true }), fc.double({ min: -180, max: 180, noNaN: true }))
    .map(([latitude, longitude]) => toGeoPoint(latitude, longitude)),
  fc.array(fc.double(), { minLength: 1, maxLength: 5 }).map((numbers): Value => ({
    mapValue: {
      fields: { __type__: { stringValue: '__vector__' }, value: { arrayValue: { values: numbers.map(toDouble) } } },
    },
  })),
)

const tied = fc.letrec<{ value: Value; map: Value; array: Value; fields: Fields }>((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, scalar, tie('map'), tie('array')),
  map: tie('fields').map((fields): Value => ({ mapValue: { fields } })),
  array: fc
    .array(
      fc.oneof(
        { depthSize: 'small' },
        scalar.filter((value) => !isVector(value)),
        tie('map'),
      ),
      { maxLength: 5 },
    )
    .map((values): Value => ({ arrayValue: { values } })),
  fields: fc.array(fc.tuple(key, tie('value')), { maxLength: 5 }).map((entries) => Object.fromEntries(entries)),
}))

/** Any value Firestore can keep, and keys it cannot that a decoder must still survive. */
export const anyValue: fc.Arbitrary<Value> = tied.value

/** Any fields of a document. */
export const anyFields: fc.Arbitrary<Fields> = tied.fields

/** Values that Firestore keeps as they are: no reserved keys, names of databases it takes, times to the microsecond. */
export const storableValue: fc.Arbitrary<Value> = anyValue.map(toStorable)

/** Fields of a document that Firestore keeps as they are. */
export const storableFields: fc.Arbitrary<Fields> = anyFields.map(storableMembers)

/** The same as Firestore keeps it: see `storableValue`. */
export function toStorable(value: Value): Value {
  if ('timestampValue' in value) return { timestampValue: cutToMicros(value.timestampValue) }
  // The official emulator fails over a project or database that is no name.
  if ('referenceValue' in value) return { referenceValue: value.referenceValue.replace(/[^a-z/]/g, 'x') }
  if ('arrayValue' in value) return { arrayValue: { values: value.arrayValue.values.map(toStorable) } }
  if (!('mapValue' in value) || isVector(value)) return value
  return { mapValue: { fields: storableMembers(value.mapValue.fields) } }
}

function storableMembers(fields: Fields): Fields {
  const kept = Object.entries(fields).filter(([name]) => !/^__.*__$/s.test(name))
  return Object.fromEntries(kept.map(([name, value]) => [name, toStorable(value)]))
}

function isVector(value: Value): boolean {
  return JSON.stringify(valueAt(value, '__type__')) === '{"stringValue":"__vector__"}'
}

function valueAt(value: Value, key: string): Value | undefined {
  return 'mapValue' in value && Object.hasOwn(value.mapValue.fields, key) ? value.mapValue.fields[key] : undefined
}

function cutToMicros(text: string): string {
  const { seconds, nanos } = parseTimestamp(text)
  return formatTimestamp(seconds, nanos - (nanos % 1000))
}
