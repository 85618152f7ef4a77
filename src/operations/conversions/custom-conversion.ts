import type { Value } from '../../stores/documents.ts'
import type { ReferenceView, TimestampView, VectorView } from '../../stores/values.ts'
import { decodeValue, encodeValue } from '../../stores/values.ts'
import type { Conversion, Converted, FieldType, Way } from './conversion.ts'
import { createConversion, createOneWay, isOfType, refuseConversion } from './conversion.ts'
import { numberToInt, rawDouble, toInt } from './numbers.ts'

/** What a user's function gets for each declared type; see `decodeFields`. */
export interface Decoded {
  readonly string: string
  readonly int: number | bigint
  readonly double: number
  readonly number: number | bigint
  readonly bool: boolean
  readonly timestamp: TimestampView
  readonly bytes: Uint8Array
  readonly reference: ReferenceView
  readonly geopoint: { readonly latitude: number; readonly longitude: number }
  readonly array: readonly unknown[]
  readonly map: Readonly<Record<string, unknown>>
  readonly vector: VectorView
  readonly null: null
}

/** A conversion by functions, which get decoded values of one type and give what is encoded as the other. */
export interface CustomConversion<From extends FieldType = FieldType, To extends FieldType = FieldType> {
  readonly from: From
  readonly to: To
  readonly up: (value: Decoded[From]) => unknown
  readonly down?: (value: Decoded[To]) => unknown
}

/**
 * Functions as a conversion of raw values. Results are encoded as the declared type (5 as a double is 5.0) or null;
 * anything else is the loss wrong-type, of a throw it is threw, with the cause. With `down` a value that does not come
 * back identical is lost precision; without it nothing is checked, and the way down is one-way. The functions must be
 * pure: each is called more than once for a value. LS-2109 where a type is null.
 */
export function customConversion<From extends FieldType, To extends FieldType>(
  spec: CustomConversion<From, To>,
): Conversion {
  const { from, to, up, down } = spec
  if (from === 'null' || to === 'null') {
    throw refuseConversion(from === 'null' ? 'from' : 'to', 'null is never converted', 'name the type of what is there')
  }
  const there = wayOf(from, to, (value) => up(decodeValue(value) as Decoded[From]))
  if (down === undefined) return createOneWay(there, to)
  return createConversion(
    there,
    wayOf(to, from, (value) => down(decodeValue(value) as Decoded[To])),
  )
}

function wayOf(from: FieldType, to: FieldType, run: (value: Value) => unknown): Way {
  return {
    from,
    otherwise: 'precision',
    convert: (value) => {
      let result: unknown
      try {
        result = run(value)
      } catch (cause) {
        return { loss: 'threw', value: undefined, cause }
      }
      return encodeAs(result, to)
    },
  }
}

/**
 * A JavaScript value as a raw value of the type, or null. NaN and the infinities are the loss nan; for int a fraction
 * is truncation, more than 64 bits out-of-range; what is of another type, or what Firestore cannot keep, is wrong-type.
 */
export function encodeAs(result: unknown, type: FieldType): Converted {
  if (typeof result === 'number' && isOfType(rawDouble(result), type)) return encodeDouble(result, type)
  if (type === 'int' && typeof result === 'number') return numberToInt(result)
  if (type === 'int' && typeof result === 'bigint') return toInt(result)
  try {
    const value = encodeValue(result)
    return 'nullValue' in value || isOfType(value, type) ? { value } : { loss: 'wrong-type', value: undefined }
  } catch (cause) {
    return { loss: 'wrong-type', value: undefined, cause }
  }
}

function encodeDouble(result: number, type: FieldType): Converted {
  const value = type === 'number' ? encodeValue(result) : rawDouble(result)
  return Number.isFinite(result) ? { value } : { loss: 'nan', value }
}
