import { canonicalJson } from '../kernel/canonical-json.ts'
import { LockstepError } from '../kernel/errors.ts'
import type { Converted, FieldType } from '../operations/conversions/conversion.ts'
import { typeOf } from '../operations/conversions/conversion.ts'
import { fromBase64 } from '../stores/base64.ts'
import type { Value } from '../stores/documents.ts'
import { toDouble } from '../stores/doubles.ts'
import { isPlain } from '../stores/special-values.ts'
import { parseTimestamp } from '../stores/timestamps.ts'
import { encodeValue } from '../stores/values.ts'
import type { Seen } from './rule.ts'
import type { Sdk } from './sdk.ts'

/**
 * Runs a conversion of raw values on a value of the app's SDK. What the conversion only moves comes back as the very
 * object it was; what it makes is made by the SDK. LS-2109 naming the part of the SDK that was not given.
 */
export function convertSdkValue(
  value: unknown,
  type: FieldType,
  { convert, sdk }: { readonly convert: (raw: Value) => Converted; readonly sdk: Sdk },
): Seen {
  const originals = new Map<string, unknown>()
  remember(value, originals)
  const { value: converted, loss } = convert(toRaw(value, type))
  return { value: converted === undefined ? undefined : fromRaw(converted, { originals, sdk }), loss }
}

/** A JavaScript number does not tell an int from a double without fraction: the declared type does. */
export function toRaw(value: unknown, type: FieldType): Value {
  return typeof value === 'number' && type === 'double' ? toDouble(value) : encodeValue(value)
}

/** Objects that are more than their members, by what they are as raw values. */
function remember(value: unknown, originals: Map<string, unknown>): void {
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) for (const item of value) remember(item, originals)
  else if (isPlain(value)) for (const member of Object.values(value)) remember(member, originals)
  else originals.set(canonicalJson(encodeValue(value)), value)
}

interface Making {
  readonly originals: ReadonlyMap<string, unknown>
  readonly sdk: Sdk
}

/** A raw value as the app's SDK has it: ints beyond the safe ones are bigints. */
export function fromRaw(value: Value, making: Making): unknown {
  if ('nullValue' in value) return null
  if ('booleanValue' in value) return value.booleanValue
  if ('stringValue' in value) return value.stringValue
  if ('doubleValue' in value) return Number(value.doubleValue)
  if ('integerValue' in value) {
    const number = Number(value.integerValue)
    return Number.isSafeInteger(number) ? number : BigInt(value.integerValue)
  }
  if ('arrayValue' in value) return value.arrayValue.values.map((item) => fromRaw(item, making))
  const known = making.originals.get(canonicalJson(value))
  return known ?? make(value, making)
}

type Special = Exclude<
  Value,
  | { readonly nullValue: null }
  | { readonly booleanValue: boolean }
  | { readonly stringValue: string }
  | { readonly doubleValue: unknown }
  | { readonly integerValue: string }
  | { readonly arrayValue: unknown }
>

function make(value: Special, making: Making): unknown {
  const { sdk } = making
  if ('timestampValue' in value) {
    const { seconds, nanos } = parseTimestamp(value.timestampValue)
    return new (given(sdk.Timestamp, 'Timestamp'))(seconds, nanos)
  }
  if ('bytesValue' in value) {
    const bytes = fromBase64(value.bytesValue)
    return sdk.bytes === undefined ? bytes : sdk.bytes(bytes)
  }
  if ('geoPointValue' in value) {
    const { latitude, longitude } = value.geoPointValue
    return new (given(sdk.GeoPoint, 'GeoPoint'))(Number(latitude), Number(longitude))
  }
  if ('referenceValue' in value) {
    return given(sdk.doc, 'doc')(value.referenceValue.replace(/^projects\/[^/]+\/databases\/[^/]+\/documents\//, ''))
  }
  if (typeOf(value) === 'vector') return given(sdk.vector, 'vector')(numbersOf(value.mapValue.fields['value']))
  return Object.fromEntries(
    Object.entries(value.mapValue.fields).map(([key, member]) => [key, fromRaw(member, making)]),
  )
}

function numbersOf(value: Value | undefined): number[] {
  if (value === undefined || !('arrayValue' in value)) return []
  return value.arrayValue.values.map((item) => ('doubleValue' in item ? Number(item.doubleValue) : Number.NaN))
}

function given<T>(part: T | undefined, name: string): T {
  if (part !== undefined) return part
  throw new LockstepError('LS-2109', `a conversion needs ${name} of the Firestore SDK`, {
    where: { name: `sdk.${name}` },
    hint: `give createConverter an sdk with ${name}`,
  })
}
