import { describe, expect, it } from 'vitest'
import type { Fields, Value } from '../../src/stores/documents.ts'
import { put, seed, writeOne, type Documents } from './documents.ts'

const long = 'ü'.repeat(400)

/** A value of each kind, with those that other tools lose. */
const values: Readonly<Record<string, Value>> = {
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
  'a vector': vector([0.25, -1, 3]),
}

function nested(depth: number): Value {
  return depth === 0 ? { stringValue: 'deep' } : { mapValue: { fields: { down: nested(depth - 1) } } }
}

function vector(numbers: readonly number[]): Value {
  const value: Value = { arrayValue: { values: numbers.map((doubleValue) => ({ doubleValue })) } }
  return { mapValue: { fields: { __type__: { stringValue: '__vector__' }, value } } }
}

/** Every kind of value survives every way into and out of the database. */
export function valuesContract(documents: Documents): void {
  describe('values', () => {
    it.each(Object.entries(values))('keeps %s through put, get, scan and patch', async (title, value) => {
      const collection = `values-${Object.keys(values).indexOf(title)}`
      const name = `${collection}/a`
      await seed(documents(), [put(name, { v: value, m: { mapValue: { fields: { v: value } } } })])
      const [got] = await documents().get([name])
      expect(got?.fields).toEqual({ v: value, m: { mapValue: { fields: { v: value } } } })
      for await (const scanned of documents().scan({ parent: '', collection, descendants: false }, {}))
        expect(scanned).toEqual(got)
      const patched = await writeOne(documents(), {
        op: 'patch',
        name,
        changes: [{ path: ['w'], value }],
        expect: 'any',
      })
      expect(patched.ok).toBe(true)
      const [again] = await documents().get([name])
      expect(again?.fields).toEqual({ ...got?.fields, w: value })
    })

    it('keeps a whole document of all kinds, byte for byte as JSON', async () => {
      const fields: Fields = Object.fromEntries(
        Object.entries(values).map(([key, value], i) => [`f${i} ${key}`, value]),
      )
      await seed(documents(), [put('values-all/a', fields), put('values-all/empty', {})])
      const [got, empty] = await documents().get(['values-all/a', 'values-all/empty'])
      expect(sorted(got?.fields ?? {})).toBe(sorted(fields))
      expect(JSON.parse(JSON.stringify(got))).toEqual(got)
      expect(empty?.fields).toEqual({})
    })

    it('cuts timestamps to microseconds as the server does, and no further', async () => {
      await seed(documents(), [put('values-nanos/a', { t: { timestampValue: '2026-01-31T08:30:00.123456789Z' } })])
      const [got] = await documents().get(['values-nanos/a'])
      expect(got?.fields['t']).toEqual({ timestampValue: '2026-01-31T08:30:00.123456Z' })
    })
  })
}

function sorted(fields: Fields): string {
  return JSON.stringify(
    Object.keys(fields)
      .toSorted()
      .map((key) => [key, fields[key]]),
  )
}
