import { limits } from './limits.ts'
import { compareNumbers, isEquivalent, numberOf } from './order.ts'
import { parsePath, valueAt, withValue } from './paths.ts'
import type { FieldPath } from './paths.ts'
import { invalid } from './status.ts'
import { timestampOf } from './store.ts'
import { integerValue, nullValue, parseValue } from './values.ts'
import type { Fields, Value } from './values.ts'
import type { WireFieldTransform, WireValue } from './wire.ts'

/** One change computed by the server from the stored value. */
export type Transform = { readonly path: FieldPath } & (
  | { readonly op: 'requestTime' }
  | { readonly op: 'increment' | 'maximum' | 'minimum'; readonly operand: Value }
  | { readonly op: 'union' | 'remove'; readonly elements: readonly Value[] }
)

/** Decoded transforms of one document; refused when one is not valid or changes a field inside another's. */
export function parseTransforms(wires: readonly WireFieldTransform[]): readonly Transform[] {
  if (wires.length > limits.transformsPerDocument) {
    throw invalid(`A document can have at most ${limits.transformsPerDocument} field transforms in one write.`)
  }
  const parsed = wires.map(parseTransform)
  const paths = new Set(parsed.map(({ path }) => JSON.stringify(path)))
  for (const { path } of parsed) {
    const around = path.map((_key, at) => path.slice(0, at)).find((outer) => paths.has(JSON.stringify(outer)))
    if (around) throw invalid(`Field transforms conflict: ${path.join('.')} is inside ${around.join('.')}.`)
  }
  return parsed
}

function parseTransform(wire: WireFieldTransform): Transform {
  const path = parsePath(wire.fieldPath ?? '')
  if (Object.hasOwn(wire, 'setToServerValue') && wire.setToServerValue === 1) return { path, op: 'requestTime' }
  if (wire.increment) return { path, op: 'increment', operand: parseOperand(wire.increment) }
  if (wire.maximum) return { path, op: 'maximum', operand: parseOperand(wire.maximum) }
  if (wire.minimum) return { path, op: 'minimum', operand: parseOperand(wire.minimum) }
  if (wire.appendMissingElements)
    return { path, op: 'union', elements: parseElements(wire.appendMissingElements.values) }
  if (wire.removeAllFromArray) return { path, op: 'remove', elements: parseElements(wire.removeAllFromArray.values) }
  throw invalid('Operation type must be specified for field transformation.')
}

function parseOperand(wire: WireValue): Value {
  const operand = parseValue(wire)
  if (operand.kind !== 'integer' && operand.kind !== 'double') throw invalid('Input must be int64 or double.')
  return operand
}

function parseElements(values: readonly WireValue[] | undefined): readonly Value[] {
  const list = parseValue({ arrayValue: { values: values ?? [] } })
  return list.kind === 'array' ? list.arrayValue.values : []
}

/** The fields after the transforms, in order, and what the server reports for each (null for array transforms). */
export function applyTransforms(
  fields: Fields,
  transforms: readonly Transform[],
  micros: number,
): { readonly fields: Fields; readonly results: readonly Value[] } {
  let changed = fields
  const results: Value[] = []
  for (const transform of transforms) {
    const value = transformed(valueAt(changed, transform.path), transform, micros)
    changed = withValue(changed, transform.path, value)
    results.push(transform.op === 'union' || transform.op === 'remove' ? nullValue : value)
  }
  return { fields: changed, results }
}

function transformed(stored: Value | undefined, transform: Transform, micros: number): Value {
  switch (transform.op) {
    case 'requestTime':
      // Milliseconds, unlike the update time: the documented precision of this transform.
      return { kind: 'timestamp', timestampValue: timestampOf(micros - (micros % 1000)) }
    case 'increment':
      return increment(stored, transform.operand)
    case 'maximum':
      return extreme(stored, transform.operand, 1)
    case 'minimum':
      return extreme(stored, transform.operand, -1)
    case 'union':
      return { kind: 'array', arrayValue: { values: union(elementsOf(stored), transform.elements) } }
    case 'remove': {
      const kept = elementsOf(stored).filter((item) => !transform.elements.some((other) => isEquivalent(item, other)))
      return { kind: 'array', arrayValue: { values: kept } }
    }
  }
}

const isNumber = (value: Value | undefined): value is Value => value?.kind === 'integer' || value?.kind === 'double'

const greatest = 2n ** 63n - 1n
const least = -(2n ** 63n)

function increment(stored: Value | undefined, operand: Value): Value {
  if (!isNumber(stored)) return operand
  if (stored.kind === 'integer' && operand.kind === 'integer') {
    const sum = BigInt(stored.integerValue) + BigInt(operand.integerValue)
    return integerValue(sum > greatest ? greatest : sum < least ? least : sum)
  }
  return { kind: 'double', doubleValue: Number(numberOf(stored)) + Number(numberOf(operand)) }
}

/** NaN wins over any number; equal numbers of different types leave what is stored. */
function extreme(stored: Value | undefined, operand: Value, sign: 1 | -1): Value {
  if (!isNumber(stored) || Number.isNaN(numberOf(operand))) return operand
  if (Number.isNaN(numberOf(stored))) return stored
  return compareNumbers(numberOf(operand), numberOf(stored)) * sign > 0 ? operand : stored
}

const elementsOf = (value: Value | undefined): readonly Value[] =>
  value?.kind === 'array' ? value.arrayValue.values : []

function union(stored: readonly Value[], added: readonly Value[]): readonly Value[] {
  const all = [...stored]
  for (const item of added) if (!all.some((other) => isEquivalent(item, other))) all.push(item)
  return all
}
