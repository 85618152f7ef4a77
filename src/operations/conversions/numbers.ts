import type { Value } from '../../stores/documents.ts'
import type { Converted, Way } from './conversion.ts'
import { createConversion } from './conversion.ts'
import { integerPart, parseDecimal, sameDecimal } from './decimals.ts'

/** A JavaScript number as a raw double, with NaN, the infinities and -0 by name. */
export function rawDouble(value: number): Value {
  if (Number.isFinite(value)) return { doubleValue: Object.is(value, -0) ? '-0' : value }
  return { doubleValue: Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity' }
}

/** An integer as a raw value; out of range beyond 64 bits. */
export function toInt(value: bigint): Converted {
  return BigInt.asIntN(64, value) === value
    ? { value: { integerValue: String(value) } }
    : { loss: 'out-of-range', value: undefined }
}

/** A number as JavaScript has it to an int: its fraction is cut, its digits all stay. */
export function numberToInt(number: number): Converted {
  if (!Number.isFinite(number)) return { loss: 'nan', value: undefined }
  const converted = toInt(BigInt(Math.trunc(number)))
  return converted.loss === undefined && !Number.isInteger(number)
    ? { loss: 'truncation', value: converted.value }
    : converted
}

/** int ↔ double: exact where the double is a whole number of 64 bits and the int one that a double can hold. */
export const intToDouble = createConversion(
  {
    from: 'int',
    otherwise: 'precision',
    convert: (value) => intAsDouble('integerValue' in value ? value.integerValue : ''),
  },
  {
    from: 'double',
    otherwise: 'precision',
    convert: (value) => numberToInt('doubleValue' in value ? Number(value.doubleValue) : Number.NaN),
  },
)

function intAsDouble(text: string): Converted {
  const number = Number(text)
  const value = rawDouble(number)
  return BigInt(number) === BigInt(text) ? { value } : { loss: 'precision', value }
}

/**
 * string ↔ int, in decimal and with all digits. '007', '+7', ' 7' and '7.0' are 7 in another formatting; a fraction is
 * cut towards zero.
 */
export const stringToInt = createConversion(fromText(parseInt64), toText('int', printNumber))

/** string ↔ double, written as JavaScript does: '5' is 5.0, '5.50' is 5.5 in another formatting. */
export const stringToDouble = createConversion(fromText(parseDouble), toText('double', printNumber))

/** string ↔ number: an int has digits only, a double a point, an exponent or a minus before zero: '5' and '5.0'. */
export const stringToNumber = createConversion(
  fromText((text) => (/^[+-]?\d+$/.test(text) ? parseInt64(text) : parseDouble(text))),
  toText('number', (value) => {
    const text = printNumber(value)
    return 'doubleValue' in value && /^-?\d+$/.test(text) ? `${text}.0` : text
  }),
)

function fromText(parse: (text: string) => Converted): Way {
  return {
    from: 'string',
    otherwise: 'formatting',
    convert: (value) => parse('stringValue' in value ? value.stringValue.trim() : ''),
  }
}

function toText(from: 'int' | 'double' | 'number', print: (value: Value) => string): Way {
  return { from, otherwise: 'precision', convert: (value) => ({ value: { stringValue: print(value) } }) }
}

function printNumber(value: Value): string {
  if ('integerValue' in value) return value.integerValue
  return 'doubleValue' in value ? String(value.doubleValue) : ''
}

function isNotFinite(text: string): boolean {
  return /^[+-]?(?:nan|inf|infinity)$/i.test(text)
}

function parseInt64(text: string): Converted {
  if (isNotFinite(text)) return { loss: 'nan', value: undefined }
  const decimal = parseDecimal(text)
  if (decimal === undefined) return { loss: 'unparsable', value: undefined }
  const whole = integerPart(decimal)
  if (whole === undefined) return { loss: 'out-of-range', value: undefined }
  const converted = toInt(whole.value)
  return whole.cut && converted.loss === undefined ? { loss: 'truncation', value: converted.value } : converted
}

function parseDouble(text: string): Converted {
  if (isNotFinite(text)) return { loss: 'nan', value: rawDouble(Number(text.replace(/^([+-]?)inf.*$/i, '$1Infinity'))) }
  const decimal = parseDecimal(text)
  if (decimal === undefined) return { loss: 'unparsable', value: undefined }
  const number = Number(text)
  if (!Number.isFinite(number)) return { loss: 'out-of-range', value: undefined }
  const value = rawDouble(number)
  const kept = parseDecimal(printNumber(value))
  return kept !== undefined && sameDecimal(kept, decimal) ? { value } : { loss: 'precision', value }
}
