import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { storableValue } from '../../../test/stores/arbitrary-values.ts'
import type { Value } from '../../stores/documents.ts'
import type { FieldType } from './conversion.ts'
import { isOfType, typeOf } from './conversion.ts'
import { customConversion, encodeAs } from './custom-conversion.ts'

const int = (integerValue: string): Value => ({ integerValue })
const double = (doubleValue: number): Value => ({ doubleValue })
const text = (stringValue: string): Value => ({ stringValue })

describe('customConversion', () => {
  const euros = customConversion({
    from: 'int',
    to: 'double',
    up: (cents) => Number(cents) / 100,
    down: (euros) => Math.round(euros * 100),
  })

  it('encodes as the declared types, whatever JavaScript makes of the number', () => {
    expect(euros.up(int('500'))).toEqual({ value: double(5) })
    expect(euros.up(int('1999'))).toEqual({ value: double(19.99) })
    expect(euros.down(double(5))).toEqual({ value: int('500') })
  })

  it('tells what does not come back', () => {
    expect(euros.down(double(0.001))).toEqual({ loss: 'precision', value: int('0') })
    expect(euros.up(int('9007199254740993'))).toEqual({ loss: 'precision', value: double(90_071_992_547_409.92) })
  })

  it('never calls a function with null or another type', () => {
    expect(euros.up({ nullValue: null })).toEqual({ value: { nullValue: null } })
    expect(euros.up(double(5))).toEqual({ value: double(5) })
    expect(euros.up(text('5'))).toEqual({ loss: 'wrong-type', value: undefined })
  })

  it('converts again and again where the types are equal, since no type tells', () => {
    const twice = customConversion({ from: 'int', to: 'int', up: (n) => BigInt(n) * 2n, down: (n) => BigInt(n) / 2n })
    expect(twice.up(int('4611686018427387903'))).toEqual({ value: int('9223372036854775806') })
    expect(twice.up(int('4611686018427387904'))).toEqual({ loss: 'out-of-range', value: undefined })
    expect(twice.down(int('3'))).toEqual({ loss: 'precision', value: int('1') })
  })

  it('decodes what the functions get', () => {
    const later = customConversion({ from: 'timestamp', to: 'timestamp', up: (at) => new Date(at.toMillis() + 1000) })
    expect(later.up({ timestampValue: '2025-03-11T00:00:00Z' })).toEqual({
      value: { timestampValue: '2025-03-11T00:00:01Z' },
    })
  })

  it('takes a throw for a loss, with its cause, in either function', () => {
    const boom = new Error('boom')
    const throwing = (): never => {
      throw boom
    }
    const thrown = { loss: 'threw', value: undefined, cause: boom }
    expect(customConversion({ from: 'int', to: 'string', up: throwing }).up(int('1'))).toEqual(thrown)
    const there = customConversion({ from: 'int', to: 'string', up: String, down: throwing })
    expect(there.up(int('1'))).toEqual({ ...thrown, value: text('1') })
    expect(there.down(text('1'))).toEqual(thrown)
  })

  it('checks nothing without down, and has no way back', () => {
    const oneWay = customConversion({ from: 'string', to: 'int', up: (value) => value.length })
    expect(oneWay.up(text('abc'))).toEqual({ value: int('3') })
    expect(oneWay.down(int('3'))).toEqual({ loss: 'one-way', value: undefined })
    expect(oneWay.down(text('abc'))).toEqual({ value: text('abc') })
    expect(oneWay.down({ nullValue: null })).toEqual({ value: { nullValue: null } })
    expect(oneWay.down({ booleanValue: true })).toEqual({ loss: 'wrong-type', value: undefined })
  })

  it('takes null for a loss where there is a way back', () => {
    const nothing = { from: 'string', to: 'int', up: () => null } as const
    expect(customConversion(nothing).up(text('a'))).toEqual({ value: { nullValue: null } })
    const there = customConversion({ ...nothing, down: String })
    expect(there.up(text('a'))).toEqual({ loss: 'precision', value: { nullValue: null } })
  })

  it.each(['from', 'to'] as const)('refuses null as %s', (end) => {
    const spec = { from: 'int', to: 'int', up: () => 1, [end]: 'null' } as const
    const refused = { code: 'LS-2109', message: `the conversion's ${end} is not valid: null is never converted` }
    expect(() => customConversion(spec)).toThrow(expect.objectContaining(refused))
  })

  it('gives every value back through functions that do nothing, but doubles without fraction inside', () => {
    const same = fc.property(storableValue, (value) => {
      const type = typeOf(value)
      fc.pre(type !== 'null' && type !== 'double' && !JSON.stringify(value).includes('doubleValue'))
      const conversion = customConversion({ from: type, to: type, up: (v) => v, down: (v) => v })
      expect(conversion.up(value)).toEqual({ value })
    })
    fc.assert(same)
  })
})

describe('encodeAs', () => {
  it.each<[unknown, FieldType, object]>([
    [5, 'double', { value: double(5) }],
    [5, 'int', { value: int('5') }],
    [5, 'number', { value: int('5') }],
    [5.5, 'number', { value: double(5.5) }],
    [-0, 'double', { value: { doubleValue: '-0' } }],
    [2 ** 53 + 2, 'int', { value: int('9007199254740994') }],
    [2n ** 63n, 'int', { loss: 'out-of-range', value: undefined }],
    [5n, 'number', { value: int('5') }],
    [5.5, 'int', { loss: 'truncation', value: int('5') }],
    [Number.NaN, 'int', { loss: 'nan', value: undefined }],
    [Number.NaN, 'double', { loss: 'nan', value: { doubleValue: 'NaN' } }],
    [-Infinity, 'number', { loss: 'nan', value: { doubleValue: '-Infinity' } }],
    [5n, 'double', { loss: 'wrong-type', value: undefined }],
    ['5', 'int', { loss: 'wrong-type', value: undefined }],
    [5, 'string', { loss: 'wrong-type', value: undefined }],
    [
      undefined,
      'string',
      { loss: 'wrong-type', value: undefined, cause: expect.objectContaining({ code: 'LS-2103' }) },
    ],
    [null, 'string', { value: { nullValue: null } }],
    [[1, 'a'], 'array', { value: { arrayValue: { values: [int('1'), text('a')] } } }],
    [{ a: 1 }, 'map', { value: { mapValue: { fields: { a: int('1') } } } }],
    [new Date(0), 'timestamp', { value: { timestampValue: '1970-01-01T00:00:00Z' } }],
  ])('%s as %s', (result, type, encoded) => {
    expect(encodeAs(result, type)).toEqual(encoded)
  })

  it('gives nothing but the type or null', () => {
    const typed = fc.property(fc.anything(), fc.constantFrom('int', 'double', 'string', 'map'), (result, type) => {
      const { value } = encodeAs(result, type)
      expect(value === undefined || 'nullValue' in value || isOfType(value, type)).toBe(true)
    })
    fc.assert(typed)
  })
})
