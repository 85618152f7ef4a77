import { LockstepError } from '../../../kernel/errors.ts'
import type { Value } from '../../../stores/documents.ts'
import { decodeValue, encodeValue } from '../../../stores/values.ts'
import { parseCheck } from '../../check-option.ts'
import type { CheckOption } from '../../check-option.ts'
import { parsePattern } from '../../collection-pattern.ts'
import type { CollectionPattern } from '../../collection-pattern.ts'
import { withAcceptance } from '../../conversions/acceptance.ts'
import type { Acceptance, AcceptanceFunction, AcceptanceRule } from '../../conversions/acceptance.ts'
import { builtInConversion } from '../../conversions/built-in-conversion.ts'
import type { BuiltInConversion } from '../../conversions/built-in-conversion.ts'
import { fieldTypes, losses, refuseConversion } from '../../conversions/conversion.ts'
import type { Conversion, FieldType, Loss } from '../../conversions/conversion.ts'
import { customConversion, encodeAs } from '../../conversions/custom-conversion.ts'
import type { Decoded } from '../../conversions/custom-conversion.ts'
import type { HomeDatabase } from '../../conversions/references.ts'
import { parseFieldSpread, requireSameSpread } from '../../field-spread.ts'
import type { FieldSpread } from '../../field-spread.ts'
import { isPrefix } from '../../value-tree.ts'

/**
 * A user's rule for a loss: gets the decoded value, the kind of loss and the best effort, if there is one. Returning
 * the value it got leaves it as it is.
 */
export type AcceptFunction = (value: unknown, loss: Loss, best: unknown) => unknown

export interface ConvertFieldOptions<From extends FieldType = FieldType, To extends FieldType = FieldType>
  extends CheckOption, Omit<BuiltInConversion, 'from' | 'to'> {
  readonly from: From
  readonly to: To
  /** Pure: gets the decoded value, of type `from`; what it returns is kept as `to`. */
  up?(value: Decoded[From]): unknown
  /** Pure: the way back. Without it, only what the pre-images know goes back. */
  down?(value: Decoded[To]): unknown
  /** `in-place` (the default) writes over the value; `beside` writes to the field `as`, until `complete`. */
  readonly strategy?: 'in-place' | 'beside'
  readonly as?: string
  /** A field that tells a converted value, written with it: needed in place where the types do not tell. */
  readonly marker?: { readonly field: string; readonly value: unknown }
  /** Kinds of loss that are accepted, and what is written then. */
  readonly accept?: Partial<Readonly<Record<Loss, 'null' | 'keep' | 'default' | AcceptFunction>>>
  /** For losses that are accepted as 'default'. */
  readonly default?: unknown
  /** The app filters or orders by the new field across collections. */
  readonly queried?: boolean
}

export interface ConvertFieldSpec {
  readonly pattern: string
  readonly path: string
  readonly options: ConvertFieldOptions
}

export interface Marker {
  /** From the map that holds the field, or from one around it. */
  readonly field: FieldSpread
  readonly value: Value
}

/** A spec with everything parsed and checked. */
export interface CompiledConversion {
  readonly pattern: CollectionPattern
  readonly field: FieldSpread
  /** The field of the new shape: the same one in place. */
  readonly as: FieldSpread
  readonly conversion: Conversion
  /** As `conversion` has it. */
  readonly acceptance: Acceptance
  readonly builtIn: BuiltInConversion
  readonly marker: Marker | undefined
}

/** Throws LS-2002 for options that do not fit, LS-2103 for fields, LS-2109 for the conversion. */
export function parseConvertField(spec: unknown): ConvertFieldSpec {
  const { pattern, path, options } = spec as Partial<ConvertFieldSpec>
  if (typeof pattern !== 'string' || typeof path !== 'string' || typeof options !== 'object' || options === null) {
    throw new LockstepError('LS-2002', 'convertField needs a pattern, a field and options', {
      hint: "write firestore.convertField('Users/{uid}', 'age', { from: 'string', to: 'int' })",
    })
  }
  parseCheck(options)
  const parsed = { pattern, path, options }
  checkStrategy(parsed)
  checkTypes(options)
  compileConversion(parsed, { project: 'any', database: '(default)' })
  return parsed
}

function checkStrategy({ path, options: { strategy, as, marker } }: ConvertFieldSpec): void {
  const refuse = (what: string, hint: string): LockstepError =>
    new LockstepError('LS-2002', `convertField cannot convert "${path}": ${what}`, { where: { name: path }, hint })
  if (strategy !== undefined && strategy !== 'in-place' && strategy !== 'beside')
    throw refuse(`there is no strategy "${String(strategy)}"`, "write strategy: 'in-place' or strategy: 'beside'")
  if ((strategy === 'beside') !== (as !== undefined))
    throw refuse(
      'a new field is named exactly where the strategy is beside',
      "write strategy: 'beside', as: 'newField'",
    )
  if (strategy === 'beside' && marker !== undefined)
    throw refuse('a marker means nothing beside: the new field tells', 'leave marker out')
}

function checkTypes({ from, to, up, down, accept }: ConvertFieldOptions): void {
  const bad = ([from, to] as readonly string[]).find((type) => !fieldTypes.some((known) => known === type))
  if (bad !== undefined)
    throw refuseConversion('type', `there is no type "${bad}"`, `take one of ${fieldTypes.join(', ')}`)
  if (up === undefined && down !== undefined)
    throw refuseConversion('down', 'there is no up with it', 'give both functions, or neither')
  for (const [loss, rule] of Object.entries(accept ?? {})) {
    if (!losses.some((known) => known === loss))
      throw refuseConversion('accept', `there is no loss "${loss}"`, `name one of ${losses.join(', ')}`)
    if (typeof rule !== 'function' && !['null', 'keep', 'default'].includes(rule))
      throw refuseConversion('accept', `${loss} has no such rule`, "write 'null', 'keep', 'default' or a function")
  }
}

/** `home` is the database whose references become relative paths. */
export function compileConversion(
  { pattern, path, options }: ConvertFieldSpec,
  home: HomeDatabase,
): CompiledConversion {
  const field = parseFieldSpread(path)
  const as = options.as === undefined ? field : parseFieldSpread(options.as)
  requireSameSpread(field, as)
  if (as !== field && (isPrefix(field.path, as.path) || isPrefix(as.path, field.path))) {
    throw new LockstepError('LS-2103', `field "${path}" cannot become "${as.text}": one lies in the other`, {
      where: { name: as.text },
      hint: 'name a field outside of it',
    })
  }
  const builtIn = builtInOf(options)
  const acceptance = {
    losses: acceptedBy(options),
    ...(options.default === undefined ? {} : { default: defaultOf(options) }),
  }
  const conversion = withAcceptance(conversionOf(options, builtIn, home), acceptance)
  return {
    pattern: parsePattern(pattern),
    field,
    as,
    conversion,
    acceptance,
    builtIn,
    marker: markerOf(options, field),
  }
}

function builtInOf(options: ConvertFieldOptions): BuiltInConversion {
  const { from, to, format, zone, unit, trueWords, falseWords, key, value } = options
  const given = Object.entries({ format, zone, unit, trueWords, falseWords, key, value })
  return { from, to, ...Object.fromEntries(given.filter(([, option]) => option !== undefined)) }
}

function conversionOf(options: ConvertFieldOptions, builtIn: BuiltInConversion, home: HomeDatabase): Conversion {
  const { from, to, up, down } = options
  if (up === undefined) return builtInConversion(builtIn, home)
  const idle = Object.keys(builtIn).find((name) => name !== 'from' && name !== 'to')
  if (idle !== undefined) throw refuseConversion(idle, 'it means nothing where functions convert', `leave ${idle} out`)
  return customConversion({ from, to, up, ...(down === undefined ? {} : { down }) })
}

function defaultOf({ default: value, to }: ConvertFieldOptions): Value {
  const encoded = encodeAs(value, to)
  if (encoded.loss === undefined) return encoded.value
  throw refuseConversion('default', 'it is of another type', `give a ${to} or null`)
}

function acceptedBy({ accept = {}, to }: ConvertFieldOptions): Partial<Record<Loss, AcceptanceRule>> {
  return Object.fromEntries(
    Object.entries(accept).map(([loss, rule]) => [loss, typeof rule === 'function' ? rawRule(rule, to) : rule]),
  )
}

function rawRule(rule: AcceptFunction, to: FieldType): AcceptanceFunction {
  return (value, loss, best) => {
    const given = decodeValue(value)
    const decided = rule(given, loss, best === undefined ? undefined : decodeValue(best))
    if (Object.is(decided, given)) return value
    const encoded = encodeAs(decided, to)
    if (encoded.loss === undefined) return encoded.value
    throw new TypeError(`the rule for ${loss} gave something that is no ${to}`)
  }
}

/** Beside the field or in a map around it, where the field's being there says that the marker can be written. */
function markerOf({ marker }: ConvertFieldOptions, field: FieldSpread): Marker | undefined {
  if (marker === undefined) return undefined
  const parsed = parseFieldSpread(marker.field)
  requireSameSpread(field, parsed)
  const around = parsed.path.slice(0, -1)
  if (!isPrefix(around, field.path.slice(0, -1)) || isPrefix(parsed.path, field.path)) {
    throw new LockstepError('LS-2103', `marker "${marker.field}" does not lie beside "${field.text}"`, {
      where: { name: marker.field },
      hint: 'name a field of the map that holds the field, or of one around it',
    })
  }
  return { field: parsed, value: encodeValue(marker.value) }
}
