import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Value } from '../../stores/documents.ts'
import type { Conversion, Loss } from './conversion.ts'
import { parseDecimal, sameDecimal } from './decimals.ts'
import { intToDouble, rawDouble, stringToDouble, stringToInt, stringToNumber } from './numbers.ts'

const text = (stringValue: string): Value => ({ stringValue })
const int = (integerValue: string): Value => ({ integerValue })
const double = rawDouble

type Row = [Value, Value | undefined, Loss | undefined]

function tells(way: (value: Value) => ReturnType<Conversion['up']>, rows: readonly Row[]): void {
  it.each(rows)('%j is %j, loss %s', (value, result, loss) => {
    const converted = way(value)
    expect([converted.value, converted.loss]).toEqual([result, loss])
  })
}

const anyInt = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((n) => int(String(n)))
const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map(double)

function comesBack(arbitrary: fc.Arbitrary<Value>, there: Conversion['up'], back: Conversion['up']): void {
  fc.assert(
    fc.property(arbitrary, (value) => {
      const converted = there(value)
      expect(converted.loss).toBeUndefined()
      expect(back(converted.value!)).toEqual({ value })
    }),
  )
}

describe('string to int', () => {
  tells(stringToInt.up, [
    [text('7'), int('7'), undefined],
    [text('-7'), int('-7'), undefined],
    [text('9223372036854775807'), int('9223372036854775807'), undefined],
    [text('-9223372036854775808'), int('-9223372036854775808'), undefined],
    [text('9223372036854775808'), undefined, 'out-of-range'],
    [text('99999999999999999999.5'), undefined, 'out-of-range'],
    [text('1e400000000'), undefined, 'out-of-range'],
    [text('007'), int('7'), 'formatting'],
    [text('+7'), int('7'), 'formatting'],
    [text(' 7\n'), int('7'), 'formatting'],
    [text('7.0'), int('7'), 'formatting'],
    [text('12e1'), int('120'), 'formatting'],
    [text('-0'), int('0'), 'formatting'],
    [text('0e99'), int('0'), 'formatting'],
    [text('7.9'), int('7'), 'truncation'],
    [text('-7.9'), int('-7'), 'truncation'],
    [text('9007199254740993.5'), int('9007199254740993'), 'truncation'],
    [text('1e-400'), int('0'), 'truncation'],
    [text('NaN'), undefined, 'nan'],
    [text('-Infinity'), undefined, 'nan'],
    [text(''), undefined, 'unparsable'],
    [text('.'), undefined, 'unparsable'],
    [text('1,5'), undefined, 'unparsable'],
    [text('0x10'), undefined, 'unparsable'],
    [text('7 apples'), undefined, 'unparsable'],
    [{ booleanValue: true }, undefined, 'wrong-type'],
    [double(7), undefined, 'wrong-type'],
    [int('7'), int('7'), undefined],
    [{ nullValue: null }, { nullValue: null }, undefined],
  ])
  it('keeps every int on its way to a text and back', () => comesBack(anyInt, stringToInt.down, stringToInt.up))
})

describe('string to double', () => {
  tells(stringToDouble.up, [
    [text('5'), double(5), undefined],
    [text('0.1'), double(0.1), undefined],
    [text('-0'), double(-0), undefined],
    [text('1e+21'), double(1e21), undefined],
    [text('5.0'), double(5), 'formatting'],
    [text('5.50'), double(5.5), 'formatting'],
    [text('1E3'), double(1000), 'formatting'],
    [text('.5'), double(0.5), 'formatting'],
    [text('9007199254740993'), double(9007199254740992), 'precision'],
    [text('0.10000000000000001'), double(0.1), 'precision'],
    [text('1e-400'), double(0), 'precision'],
    [text('1e400'), undefined, 'out-of-range'],
    [text('NaN'), double(Number.NaN), 'nan'],
    [text('-inf'), double(-Infinity), 'nan'],
    [text('five'), undefined, 'unparsable'],
    [int('5'), undefined, 'wrong-type'],
  ])
  tells(stringToDouble.down, [
    [double(5), text('5'), undefined],
    [double(Number.NaN), text('NaN'), 'nan'],
    [double(Infinity), text('Infinity'), 'nan'],
  ])
  it('keeps every finite double', () => comesBack(finite, stringToDouble.down, stringToDouble.up))
})

describe('string to number', () => {
  tells(stringToNumber.up, [
    [text('5'), int('5'), undefined],
    [text('5.0'), double(5), undefined],
    [text('-0.0'), double(-0), undefined],
    [text('1e5'), double(100_000), 'formatting'],
    [text('5.50'), double(5.5), 'formatting'],
    [text('05'), int('5'), 'formatting'],
    [text('9223372036854775808'), undefined, 'out-of-range'],
    [text('-'), undefined, 'unparsable'],
  ])
  it('keeps ints and doubles apart', () => {
    comesBack(fc.oneof(anyInt, finite, fc.integer().map(double)), stringToNumber.down, stringToNumber.up)
  })
})

describe('int to double', () => {
  tells(intToDouble.up, [
    [int('5'), double(5), undefined],
    [int('9007199254740992'), double(2 ** 53), undefined],
    [int('9007199254740993'), double(2 ** 53), 'precision'],
    [int('9007199254740994'), double(2 ** 53 + 2), undefined],
    [int('9223372036854775807'), double(2 ** 63), 'precision'],
    [text('5'), undefined, 'wrong-type'],
  ])
  tells(intToDouble.down, [
    [double(5), int('5'), undefined],
    [double(-0), int('0'), 'precision'],
    [double(5.9), int('5'), 'truncation'],
    [double(-5.9), int('-5'), 'truncation'],
    [double(-(2 ** 63)), int('-9223372036854775808'), undefined],
    [double(2 ** 63), undefined, 'out-of-range'],
    [double(Number.NaN), undefined, 'nan'],
    [double(-Infinity), undefined, 'nan'],
  ])
})

describe('parseDecimal', () => {
  it('takes two writings of one number for the same, and no others', () => {
    const same = (a: string, b: string) => sameDecimal(parseDecimal(a)!, parseDecimal(b)!)
    expect(same('100', '1e2')).toBe(true)
    expect(same('0.00100', '1e-3')).toBe(true)
    expect(same('0', '0.000')).toBe(true)
    expect(same('10', '1')).toBe(false)
    expect(same('-1', '1')).toBe(false)
    expect(same('12', '21')).toBe(false)
  })

  it('reads a megabyte of digits at once', () => {
    expect(parseDecimal(`1${'0'.repeat(1_000_000)}`)).toEqual({ negative: false, digits: '1', point: 1_000_001 })
    expect(stringToInt.up(text(`${'0'.repeat(1_000_000)}7`))).toEqual({ loss: 'formatting', value: int('7') })
  })
})
