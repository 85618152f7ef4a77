import type { Value } from '../../stores/documents.ts'
import type { Conversion, Converted, FieldType, Loss } from './conversion.ts'
import { isOfType, refuseConversion } from './conversion.ts'

/** What a user's rule gets: the value as it was, what is lost, and the best effort where there is one. */
export type AcceptanceFunction = (value: Value, loss: Loss, best: Value | undefined) => Value

/**
 * `null` writes null; `keep` keeps what can be kept, the best effort where there is one, else the value as it is,
 * in its old type; `default` writes the default; a function decides.
 */
export type AcceptanceRule = 'null' | 'keep' | 'default' | AcceptanceFunction

/** Which losses are accepted, and how. */
export interface Acceptance {
  readonly losses: Partial<Readonly<Record<Loss, AcceptanceRule>>>
  /** Of the type converted to, or null. */
  readonly default?: Value
}

/** An acceptance without functions, which is data that can be printed. */
export interface PlainAcceptance extends Acceptance {
  readonly losses: Partial<Readonly<Record<Loss, Exclude<AcceptanceRule, AcceptanceFunction>>>>
}

/** The rules of it that are not functions, with the default where one of them takes it; undefined where none is left. */
export function plainAcceptance({ losses, default: value }: Acceptance): PlainAcceptance | undefined {
  const rules = Object.entries(losses).flatMap(([loss, rule]) =>
    typeof rule === 'string' ? [[loss, rule] as const] : [],
  )
  if (rules.length === 0) return undefined
  const isTaken = value !== undefined && rules.some(([, rule]) => rule === 'default')
  return { losses: Object.fromEntries(rules), ...(isTaken ? { default: value } : {}) }
}

/**
 * The conversion with the named losses taken away in one direction; the result then names the loss as `accepted`.
 * What is not named stays a loss. A function that throws is a loss too, and so is one that gives neither the target
 * type nor null nor the value it got. LS-2109 for a default that is missing or of another type.
 */
export function withAcceptance(conversion: Conversion, acceptance: Acceptance, way: 'up' | 'down' = 'up'): Conversion {
  const target = way === 'up' ? conversion.to : conversion.from
  checkDefault(acceptance, target)
  const convert = way === 'up' ? conversion.up : conversion.down
  return { ...conversion, [way]: (value: Value) => accept(value, convert(value), { acceptance, target }) }
}

function checkDefault({ losses, default: value }: Acceptance, target: FieldType): void {
  const used = Object.values(losses).includes('default')
  const hint = `give a default that is a ${target} or null, exactly where a loss is accepted with 'default'`
  if (used && value === undefined) throw refuseConversion('default', 'it is missing', hint)
  if (!used && value !== undefined) throw refuseConversion('default', 'no accepted loss takes it', hint)
  if (value !== undefined && !fits(value, target)) throw refuseConversion('default', 'it is of another type', hint)
}

function accept(
  value: Value,
  converted: Converted,
  { acceptance, target }: { readonly acceptance: Acceptance; readonly target: FieldType },
): Converted {
  const { loss } = converted
  if (loss === undefined) return converted
  const rule = acceptance.losses[loss]
  switch (rule) {
    case undefined:
      return converted
    case 'null':
      return { value: { nullValue: null }, accepted: loss }
    case 'keep':
      return { value: converted.value ?? value, accepted: loss }
    case 'default':
      return { value: acceptance.default ?? { nullValue: null }, accepted: loss }
    default:
      return decide(() => rule(value, loss, converted.value), { value, loss, target })
  }
}

function decide(
  rule: () => Value,
  { value, loss, target }: { readonly value: Value; readonly loss: Loss; readonly target: FieldType },
): Converted {
  try {
    const decided = rule()
    return decided === value || fits(decided, target)
      ? { value: decided, accepted: loss }
      : { loss: 'wrong-type', value: undefined }
  } catch (cause) {
    return { loss: 'threw', value: undefined, cause }
  }
}

function fits(value: Value, type: FieldType): boolean {
  return 'nullValue' in value || isOfType(value, type)
}
