import { Firestore, GeoPoint, FieldValue, Timestamp } from '@google-cloud/firestore'
import fc from 'fast-check'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { anyValue, toStorable } from '../../test/stores/arbitrary-values.ts'
import type { Fields, Value } from './documents.ts'
import { decodeFields, decodeValue, encodeValue } from './values.ts'

/** The matcher, without the `any` it is declared as. */
const containing = (text: string): unknown => expect.stringContaining(text)

describe('decodeValue and encodeValue', () => {
  it('give each value back, but for doubles without fraction and nanoseconds', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(encodeValue(decodeValue(value))).toEqual(asEncoded(value))
      }),
      { numRuns: 2_000 },
    )
  })

  it('keep a map that looks like something else a map', () => {
    const maps: readonly Value[] = [
      { mapValue: { fields: { latitude: { integerValue: '1' }, longitude: { integerValue: '2' } } } },
      {
        mapValue: {
          fields: { seconds: { integerValue: '1' }, nanoseconds: { integerValue: '2' }, toDate: { nullValue: null } },
        },
      },
      {
        mapValue: {
          fields: { path: { stringValue: 'a/b' }, project: { stringValue: 'p' }, database: { stringValue: 'd' } },
        },
      },
      { mapValue: { fields: { path: { stringValue: 'a/b' }, firestore: { mapValue: { fields: {} } } } } },
      { mapValue: { fields: { __type__: { stringValue: '__vector__' }, value: { stringValue: 'no' } } } },
      { mapValue: { fields: { toArray: { arrayValue: { values: [] } } } } },
    ]
    for (const value of maps) expect(encodeValue(decodeValue(value))).toEqual(value)
  })

  it('keep __proto__ as a key and pollute nothing', () => {
    const fields: Fields = Object.fromEntries([
      ['__proto__', { mapValue: { fields: { polluted: { booleanValue: true } } } }],
    ])
    const decoded = decodeFields(fields)
    expect(Object.keys(decoded)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype)
    expect('polluted' in {}).toBe(false)
    expect(JSON.stringify(encodeValue(decoded))).toBe(JSON.stringify({ mapValue: { fields } }))
  })
})

describe('decodeFields', () => {
  it('gives integers as number when safe, else as bigint', () => {
    expect(decodeFields({ a: { integerValue: '9007199254740991' }, b: { integerValue: '9007199254740992' } })).toEqual({
      a: 9007199254740991,
      b: 9007199254740992n,
    })
  })

  it('keeps microseconds of timestamps beside their dates', () => {
    const decoded = decodeValue({ timestampValue: '1969-12-31T23:59:59.123456Z' })
    expect(decoded).toMatchObject({ seconds: -1, nanoseconds: 123_456_000 })
    expect(decoded).toSatisfy(
      (view: { toDate(): Date; toMillis(): number }) =>
        view.toDate().toISOString() === '1969-12-31T23:59:59.123Z' && view.toMillis() === -877,
    )
    expect(JSON.stringify(decoded)).toBe('"1969-12-31T23:59:59.123456Z"')
    expect(Object.isFrozen(decoded)).toBe(true)
  })

  it('gives references with their project and database', () => {
    expect(decodeValue({ referenceValue: 'projects/p/databases/(default)/documents/a/b/c/d' })).toEqual({
      project: 'p',
      database: '(default)',
      path: 'a/b/c/d',
    })
  })
})

describe('encodeValue', () => {
  it('tells integers from doubles', () => {
    expect([5, 5.5, -0, Number.NaN, 2 ** 53, -(2 ** 53 - 1), 5n, 2n ** 63n - 1n].map(encodeValue)).toEqual([
      { integerValue: '5' },
      { doubleValue: 5.5 },
      { doubleValue: '-0' },
      { doubleValue: 'NaN' },
      { doubleValue: 2 ** 53 },
      { integerValue: '-9007199254740991' },
      { integerValue: '5' },
      { integerValue: '9223372036854775807' },
    ])
  })

  it('takes the classes of the server SDK', () => {
    const firestore = new Firestore({ projectId: 'p', databaseId: 'second' })
    expect(
      encodeValue({
        t: new Timestamp(5, 1999),
        g: new GeoPoint(1, 2),
        z: new GeoPoint(-0, 0),
        v: FieldValue.vector([1, 2.5]),
        r: firestore.doc('a/b'),
        b: Buffer.from('ab'),
      }),
    ).toEqual({
      mapValue: {
        fields: {
          t: { timestampValue: '1970-01-01T00:00:05.000001Z' },
          g: { geoPointValue: { latitude: 1, longitude: 2 } },
          z: { geoPointValue: { latitude: '-0', longitude: 0 } },
          v: {
            mapValue: {
              fields: {
                __type__: { stringValue: '__vector__' },
                value: { arrayValue: { values: [{ doubleValue: 1 }, { doubleValue: 2.5 }] } },
              },
            },
          },
          r: { referenceValue: 'projects/p/databases/second/documents/a/b' },
          b: { bytesValue: 'YWI=' },
        },
      },
    })
  })

  it('takes values of another realm, dates before 1970 and objects without prototype', () => {
    expect(encodeValue(runInNewContext('({ d: new Date(-1), b: new Uint8Array([1]), a: [1] })'))).toEqual({
      mapValue: {
        fields: {
          d: { timestampValue: '1969-12-31T23:59:59.999Z' },
          b: { bytesValue: 'AQ==' },
          a: { arrayValue: { values: [{ integerValue: '1' }] } },
        },
      },
    })
    expect(encodeValue(Object.create(null))).toEqual({ mapValue: { fields: {} } })
  })

  it.each<[string, unknown, string]>([
    ['undefined', { a: [{ b: undefined }] }, 'a[0].b is undefined'],
    ['a function', { f: () => 1 }, 'f is a function'],
    ['a symbol', Symbol('x'), 'the value is a symbol'],
    ['an array in an array', { a: [1, [2]] }, 'a[1] is an array directly in an array'],
    ['a vector in an array', { a: [FieldValue.vector([1])] }, 'a[0] is a vector in an array'],
    ['an empty place', { a: Array.from({ length: 2 }) }, 'a[0] is undefined'],
    ['an integer of 65 bits', { n: 2n ** 63n }, 'n is an integer of more than 64 bits'],
    ['an invalid date', { d: new Date('x') }, 'd is an invalid date'],
    ['a date in the year 10000', { d: new Date(8.64e15) }, 'd is a time outside'],
    ['a Map', { m: new Map() }, 'm is a Map'],
    ['another typed array', { f: new Float32Array(1) }, 'f is a Float32Array'],
    ['a sentinel', { s: FieldValue.serverTimestamp() }, 's is a ServerTimestampTransform'],
    ['half a surrogate pair', { s: 'a\ud800' }, 's has half of a surrogate pair'],
  ])('refuses %s, naming the place', (_, value, message) => {
    expect(() => encodeValue(value)).toThrow(expect.objectContaining({ code: 'LS-2103', message: containing(message) }))
  })
})

/** What the documentation promises: outside of vectors an integral double comes back as an integer; nanoseconds go. */
function asEncoded(value: Value): Value {
  if ('doubleValue' in value) return encodeValue(Number(value.doubleValue))
  if ('timestampValue' in value) return toStorable(value)
  if ('arrayValue' in value) return { arrayValue: { values: value.arrayValue.values.map(asEncoded) } }
  if (!('mapValue' in value)) return value
  const { fields } = value.mapValue
  if (JSON.stringify(fields['__type__']) === '{"stringValue":"__vector__"}' && Object.keys(fields).length === 2)
    return value
  return {
    mapValue: {
      fields: Object.fromEntries(Object.entries(fields).map(([key, inner]) => [key, asEncoded(inner)])),
    },
  }
}
