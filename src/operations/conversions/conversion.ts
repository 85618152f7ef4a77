import { canonicalJson } from '../../kernel/canonical-json.ts'
import { LockstepError } from '../../kernel/errors.ts'
import type { Value } from '../../stores/documents.ts'

export const fieldTypes = [
  'string',
  'int',
  'double',
  'number',
  'bool',
  'timestamp',
  'bytes',
  'reference',
  'geopoint',
  'array',
  'map',
  'vector',
  'null',
] as const

/** What a field holds. `number` is an int or a double; a `vector` is not a `map`, though Firestore keeps it as one. */
export type FieldType = (typeof fieldTypes)[number]

/**
 * What a conversion can lose, each accepted by name; where a value loses in two ways, the graver is told:
 * `precision` digits are dropped or rounded, or the value does not come back as it was; `truncation` a fraction, list
 * items or keys are cut off; `nan` NaN or an infinity; `out-of-range` the target cannot hold it; `unparsable` it says
 * nothing in the target's terms; `time-zone` a local time that is there twice or never, or an offset that is not
 * kept; `formatting` the same is written otherwise ('007'); `order` list items come back in another order;
 * `duplicate` two list items want one key; `wrong-type` neither of the source nor of the target type; `threw` a
 * user's function threw; `one-way` there is no function for this direction.
 */
export const losses = [
  'precision',
  'truncation',
  'nan',
  'out-of-range',
  'unparsable',
  'time-zone',
  'formatting',
  'order',
  'duplicate',
  'wrong-type',
  'threw',
  'one-way',
] as const

export type Loss = (typeof losses)[number]

/**
 * `value` is exact, or under a `loss` the best effort where there is one (the rounded number). `accepted` names the
 * loss that a rule took away; `cause` is what a user's function threw (it may hold contents: never log it).
 */
export type Converted =
  | { readonly value: Value; readonly loss?: undefined; readonly accepted?: Loss }
  | { readonly loss: Loss; readonly value: Value | undefined; readonly cause?: unknown }

/**
 * A way to and fro between two types of value. No loss is promised only where the way back gives the identical value.
 * Null stays null, and a value that is of the other type already stays as it is, in both directions. An absent field
 * is not a value: it stays absent, and no conversion is asked.
 */
export interface Conversion {
  readonly from: FieldType
  readonly to: FieldType
  up(value: Value): Converted
  down(value: Value): Converted
}

/** One direction of a conversion: gets only values of its type; `otherwise` names it when the value does not come back. */
export interface Way {
  readonly from: FieldType
  readonly otherwise: Loss
  convert(value: Value): Converted
}

export function typeOf(value: Value): Exclude<FieldType, 'number'> {
  if ('nullValue' in value) return 'null'
  if ('booleanValue' in value) return 'bool'
  if ('integerValue' in value) return 'int'
  if ('doubleValue' in value) return 'double'
  if ('timestampValue' in value) return 'timestamp'
  if ('stringValue' in value) return 'string'
  if ('bytesValue' in value) return 'bytes'
  if ('referenceValue' in value) return 'reference'
  if ('geoPointValue' in value) return 'geopoint'
  if ('arrayValue' in value) return 'array'
  const type = value.mapValue.fields['__type__']
  return type !== undefined && 'stringValue' in type && type.stringValue === '__vector__' ? 'vector' : 'map'
}

/** True also for an int or a double where `number` is asked for. */
export function isOfType(value: Value, type: FieldType): boolean {
  const own = typeOf(value)
  return own === type || (type === 'number' && (own === 'int' || own === 'double'))
}

/**
 * Whether a value needs no conversion any more, as its type tells: null and the target type do not, the source type
 * and any other do. Undefined where the type cannot tell, because it is of both.
 */
export function isConverted(value: Value, { from, to }: Pick<Conversion, 'from' | 'to'>): boolean | undefined {
  if ('nullValue' in value) return true
  return isOfType(value, to) ? (isOfType(value, from) ? undefined : true) : false
}

/** Both ways as a conversion: each result is converted back, and what does not come back identical is a loss. */
export function createConversion(up: Way, down: Way): Conversion {
  return { from: up.from, to: down.from, up: (value) => go(value, up, down), down: (value) => go(value, down, up) }
}

/** A conversion without a way back: what comes back is not checked, and down is a loss for all but null and `from`. */
export function createOneWay({ from, convert }: Omit<Way, 'otherwise'>, to: FieldType): Conversion {
  return {
    from,
    to,
    up: (value) => settle(value, from, to) ?? convert(value),
    down: (value) => settle(value, to, from) ?? { loss: 'one-way', value: undefined },
  }
}

/** LS-2109 naming the part of the conversion that is wrong. */
export function refuseConversion(part: string, why: string, hint: string): LockstepError {
  return new LockstepError('LS-2109', `the conversion's ${part} is not valid: ${why}`, { where: { name: part }, hint })
}

/** The same conversion seen from its other end. */
export function reverseConversion({ from, to, up, down }: Conversion): Conversion {
  return { from: to, to: from, up: down, down: up }
}

function go(value: Value, there: Way, back: Way): Converted {
  const settled = settle(value, there.from, back.from)
  if (settled !== undefined) return settled
  const converted = there.convert(value)
  if (converted.loss !== undefined) return converted
  const lost = { loss: there.otherwise, value: converted.value }
  if ('nullValue' in converted.value) return lost
  const home = back.convert(converted.value)
  if (home.loss !== undefined) return { ...home, value: converted.value }
  return isSame(home.value, value) ? converted : lost
}

/** What came back has its keys in the order of before nearly always: then there is nothing to sort. */
function isSame(a: Value, b: Value): boolean {
  return JSON.stringify(a) === JSON.stringify(b) || canonicalJson(a) === canonicalJson(b)
}

/** What is said of null and of values that are not of the type converted from. */
function settle(value: Value, from: FieldType, to: FieldType): Converted | undefined {
  if ('nullValue' in value) return { value }
  if (isOfType(value, from)) return undefined
  return isOfType(value, to) ? { value } : { loss: 'wrong-type', value: undefined }
}
