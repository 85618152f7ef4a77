import type { Value } from '../../src/stores/documents.ts'

const long = 'ü'.repeat(400)

/** A value of each kind, with those that other tools lose: the cases of the fidelity table and more. */
export const valuesByKind: Readonly<Record<string, Value>> = {
  null: { nullValue: null },
  true: { booleanValue: true },
  false: { booleanValue: false },
  'the integer 5': { integerValue: '5' },
  'the double 5.0': { doubleValue: 5 },
  zero: { integerValue: '0' },
  'minus zero': { doubleValue: '-0' },
  'the double 0.0': { doubleValue: 0 },
  'the largest integer': { integerValue: '9223372036854775807' },
  'the smallest integer': { integerValue: '-9223372036854775808' },
  'an integer beyond 2^53': { integerValue: '9007199254740993' },
  NaN: { doubleValue: 'NaN' },
  Infinity: { doubleValue: 'Infinity' },
  '-Infinity': { doubleValue: '-Infinity' },
  'the smallest double': { doubleValue: 5e-324 },
  'the largest double': { doubleValue: Number.MAX_VALUE },
  'a timestamp with microseconds': { timestampValue: '2026-01-31T08:30:00.123456Z' },
  'a timestamp without fraction': { timestampValue: '2026-01-31T08:30:00Z' },
  'a timestamp with milliseconds': { timestampValue: '2026-01-31T08:30:00.120Z' },
  'a timestamp before 1970': { timestampValue: '1969-12-31T23:59:59.999999Z' },
  'the first timestamp': { timestampValue: '0001-01-01T00:00:00Z' },
  'the last timestamp': { timestampValue: '9999-12-31T23:59:59.999999Z' },
  'an empty string': { stringValue: '' },
  'a string': { stringValue: 'line\nquote"\u0000 ü 中 😀' },
  'a long string': { stringValue: long },
  'no bytes': { bytesValue: '' },
  bytes: { bytesValue: 'AP8Qgg==' },
  'a reference': { referenceValue: 'projects/other-project/databases/(default)/documents/a/b' },
  'a reference to another database': { referenceValue: 'projects/other-project/databases/second/documents/a/b/c/d' },
  'a geo point': { geoPointValue: { latitude: 52.5, longitude: -13.4 } },
  'a geo point at zero': { geoPointValue: { latitude: 0, longitude: 0 } },
  'a geo point at minus zero': { geoPointValue: { latitude: '-0', longitude: '-0' } },
  'a geo point at the edges': { geoPointValue: { latitude: -90, longitude: 180 } },
  'an empty array': { arrayValue: { values: [] } },
  'an array of many kinds': {
    arrayValue: {
      values: [{ integerValue: '1' }, { doubleValue: 1 }, { nullValue: null }, { mapValue: { fields: {} } }],
    },
  },
  'an empty map': { mapValue: { fields: {} } },
  'a deep map': nested(18),
  'a map with odd keys': {
    mapValue: {
      fields: {
        'a.b': { integerValue: '1' },
        'a b': { nullValue: null },
        '`': { stringValue: '`' },
        ключ: { booleanValue: true },
        '\\': { integerValue: '2' },
      },
    },
  },
  'a map like a timestamp': {
    mapValue: { fields: { _seconds: { integerValue: '5' }, _nanoseconds: { integerValue: '0' } } },
  },
  'a map like a geo point': {
    mapValue: { fields: { latitude: { integerValue: '5' }, longitude: { doubleValue: 0.5 } } },
  },
  'a key with a dot that holds a timestamp': {
    mapValue: { fields: { 'sent.at': { timestampValue: '2026-01-31T08:30:00.123456Z' } } },
  },
  'keys that tools keep for themselves': {
    mapValue: {
      fields: {
        subCollection: { mapValue: { fields: { a: { integerValue: '1' } } } },
        __collections: { stringValue: 'one underscore pair' },
        _path: { stringValue: 'a/b' },
        constructor: { nullValue: null },
        toJSON: { booleanValue: true },
      },
    },
  },
  'a map of empty things': {
    mapValue: {
      fields: { list: { arrayValue: { values: [] } }, map: { mapValue: { fields: {} } }, text: { stringValue: '' } },
    },
  },
  'a list of odd numbers': {
    arrayValue: {
      values: [
        { doubleValue: '-0' },
        { doubleValue: 'NaN' },
        { geoPointValue: { latitude: '-0', longitude: 1 } },
        { integerValue: '9007199254740993' },
      ],
    },
  },
  'a vector': vector([0.25, -1, 3]),
  'a vector with minus zero': {
    mapValue: {
      fields: {
        __type__: { stringValue: '__vector__' },
        value: { arrayValue: { values: [{ doubleValue: '-0' }, { doubleValue: 1e-300 }] } },
      },
    },
  },
}

function nested(depth: number): Value {
  return depth === 0 ? { stringValue: 'deep' } : { mapValue: { fields: { down: nested(depth - 1) } } }
}

function vector(numbers: readonly number[]): Value {
  const value: Value = { arrayValue: { values: numbers.map((doubleValue) => ({ doubleValue })) } }
  return { mapValue: { fields: { __type__: { stringValue: '__vector__' }, value } } }
}
