import type { Value } from '../../stores/documents.ts'
import type { Conversion, Converted } from './conversion.ts'
import { createConversion } from './conversion.ts'
import { integerPart, parseDecimal } from './decimals.ts'
import { microsOf, modulo, timestampOf } from './instants.ts'
import { rawDouble } from './numbers.ts'

/** What a number counts since 1970. */
export type EpochUnit = 'seconds' | 'millis'

type Numeric = 'int' | 'double' | 'number'

const digitsBelow = { seconds: 6, millis: 3 } as const

/**
 * int, double or number ↔ timestamp. A double is taken as the decimal it is written as; digits below a microsecond
 * are lost precision, and so is the fraction of a time written back as int (cut to the earlier unit). With `number` a
 * time is written back as an int where it is whole, else as a double: 5.0 comes back as 5, which is formatting.
 */
export function numberToTimestamp(from: Numeric, unit: EpochUnit): Conversion {
  return createConversion(
    {
      from,
      otherwise: from === 'number' ? 'formatting' : 'precision',
      convert: (value) => fromNumber(value, digitsBelow[unit]),
    },
    {
      from: 'timestamp',
      otherwise: 'precision',
      convert: (value) => toNumber('timestampValue' in value ? value.timestampValue : '', from, digitsBelow[unit]),
    },
  )
}

function fromNumber(value: Value, digits: number): Converted {
  const text = 'integerValue' in value ? value.integerValue : 'doubleValue' in value ? String(value.doubleValue) : ''
  const decimal = parseDecimal(text)
  if (decimal === undefined) return { loss: 'nan', value: undefined }
  const micros = integerPart({ ...decimal, point: decimal.point + digits })
  if (micros === undefined) return { loss: 'out-of-range', value: undefined }
  const converted = timestampOf(micros.value)
  return micros.cut && converted.loss === undefined ? { loss: 'precision', value: converted.value } : converted
}

function toNumber(timestamp: string, to: Numeric, digits: number): Converted {
  const micros = microsOf(timestamp)
  const scale = 10n ** BigInt(digits)
  const rest = modulo(micros, scale)
  const whole = (micros - rest) / scale
  if (to === 'int' || (to === 'number' && rest === 0n)) return { value: { integerValue: String(whole) } }
  return { value: rawDouble(Number(`${micros}e-${digits}`)) }
}
