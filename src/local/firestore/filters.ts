import { limits } from './limits.ts'
import { compareValues, isEquivalent, isSameType, numberOf } from './order.ts'
import { nameField, parsePath, valueAt } from './paths.ts'
import type { FieldPath } from './paths.ts'
import { invalid } from './status.ts'
import type { StoredDocument } from './store.ts'
import { parseOperand } from './values.ts'
import type { Value } from './values.ts'
import type { WireFilter, WireValue } from './wire.ts'

export type FieldOperator =
  | 'LESS_THAN'
  | 'LESS_THAN_OR_EQUAL'
  | 'GREATER_THAN'
  | 'GREATER_THAN_OR_EQUAL'
  | 'EQUAL'
  | 'NOT_EQUAL'
  | 'ARRAY_CONTAINS'
  | 'IN'
  | 'ARRAY_CONTAINS_ANY'
  | 'NOT_IN'
  | 'IS_NAN'
  | 'IS_NULL'
  | 'IS_NOT_NAN'
  | 'IS_NOT_NULL'

/** A condition on a document. `values` are the operands: one, or the elements of the list. */
export type Filter =
  | { readonly kind: 'and' | 'or'; readonly filters: readonly Filter[] }
  | {
      readonly kind: 'field'
      readonly path: FieldPath
      readonly text: string
      readonly op: FieldOperator
      readonly values: readonly Value[]
    }

// Numbered as in the protocol's enums.
const fieldOperators: readonly (FieldOperator | undefined)[] = [
  undefined,
  'LESS_THAN',
  'LESS_THAN_OR_EQUAL',
  'GREATER_THAN',
  'GREATER_THAN_OR_EQUAL',
  'EQUAL',
  'NOT_EQUAL',
  'ARRAY_CONTAINS',
  'IN',
  'ARRAY_CONTAINS_ANY',
  'NOT_IN',
]
const unaryOperators: readonly (FieldOperator | undefined)[] = [
  undefined,
  undefined,
  'IS_NAN',
  'IS_NULL',
  'IS_NOT_NAN',
  'IS_NOT_NULL',
]

const lists: ReadonlySet<FieldOperator> = new Set(['IN', 'NOT_IN', 'ARRAY_CONTAINS_ANY'])
const negations: ReadonlySet<FieldOperator> = new Set(['NOT_EQUAL', 'NOT_IN', 'IS_NOT_NAN', 'IS_NOT_NULL'])
const ranges: ReadonlySet<FieldOperator> = new Set([
  'LESS_THAN',
  'LESS_THAN_OR_EQUAL',
  'GREATER_THAN',
  'GREATER_THAN_OR_EQUAL',
])

/** The condition a query states, checked against what Firestore allows; undefined where there is none. */
export function parseFilter(wire: WireFilter | null | undefined): Filter | undefined {
  if (!wire) return undefined
  const filter = parseAny(wire)
  const leaves = leavesOf(filter)
  if (leaves.filter((leaf) => negations.has(leaf.op)).length > 1) {
    throw invalid("Only a single 'NOT_EQUAL', 'NOT_IN', 'IS_NOT_NAN', or 'IS_NOT_NULL' filter allowed per query.")
  }
  if (leaves.some((leaf) => leaf.op === 'NOT_IN') && (hasOr(filter) || leaves.some((leaf) => isDisjunction(leaf.op)))) {
    throw invalid("'NOT_IN' cannot be used in the same query with 'IN', 'ARRAY_CONTAINS_ANY' or 'OR'.")
  }
  const disjunctions = countDisjunctions(filter)
  if (disjunctions > limits.disjunctions) {
    throw invalid(`The query has ${disjunctions} disjunctions, the maximum is ${limits.disjunctions}.`)
  }
  checkArrayFilters(filter)
  return filter
}

function parseAny(wire: WireFilter): Filter {
  if (wire.compositeFilter) {
    const { op, filters = [] } = wire.compositeFilter
    if (op !== 1 && op !== 2) throw invalid('Unknown CompositeFilter operator.')
    return { kind: op === 1 ? 'and' : 'or', filters: filters.map(parseAny) }
  }
  if (wire.unaryFilter) return parseUnaryFilter(wire.unaryFilter)
  if (wire.fieldFilter) return parseFieldFilter(wire.fieldFilter)
  throw invalid('A filter must be composite, on a field, or unary.')
}

function parseUnaryFilter(wire: NonNullable<WireFilter['unaryFilter']>): Filter {
  const op = unaryOperators[wire.op ?? 0]
  if (!op) throw invalid('Unknown UnaryFilter operator.')
  const text = wire.field?.fieldPath ?? ''
  if (text === nameField) throw invalid(`'${op}' is not supported for __name__.`)
  return { kind: 'field', path: parsePath(text), text, op, values: [] }
}

function parseFieldFilter(wire: NonNullable<WireFilter['fieldFilter']>): Filter {
  const op = fieldOperators[wire.op ?? 0]
  if (!op) throw invalid('Unknown FieldFilter operator.')
  const text = wire.field?.fieldPath ?? ''
  const values = lists.has(op) ? parseListOperand(op, wire.value ?? {}) : [parseOperand(wire.value ?? {})]
  if (text === nameField) checkNameFilter(op, values)
  return { kind: 'field', path: parsePath(text), text, op, values }
}

/** The elements one by one: a list of operands may hold what a stored array may not. */
function parseListOperand(op: FieldOperator, wire: WireValue): readonly Value[] {
  if (!wire.arrayValue) throw invalid(`'${op}' requires an ArrayValue.`)
  const values = (wire.arrayValue.values ?? []).map((value) => parseOperand(value))
  const most = op === 'NOT_IN' ? limits.notInValues : limits.disjunctions
  if (values.length === 0) throw invalid(`'${op}' requires an non-empty ArrayValue.`)
  if (values.length > most) throw invalid(`'${op}' supports up to ${most} comparison values.`)
  return values
}

function checkNameFilter(op: FieldOperator, values: readonly Value[]): void {
  if (op === 'ARRAY_CONTAINS' || op === 'ARRAY_CONTAINS_ANY') throw invalid(`'${op}' is not supported for __name__.`)
  if (values.some((value) => value.kind !== 'reference')) throw invalid('__key__ filter value must be a Key')
}

const isDisjunction = (op: FieldOperator): boolean => op === 'IN' || op === 'ARRAY_CONTAINS_ANY'

const hasOr = (filter: Filter): boolean => filter.kind === 'or' || (filter.kind === 'and' && filter.filters.some(hasOr))

/** How many branches the condition has once IN and OR are written out as a disjunction of conjunctions. */
function countDisjunctions(filter: Filter): number {
  if (filter.kind === 'field') return isDisjunction(filter.op) ? filter.values.length : 1
  const counts = filter.filters.map(countDisjunctions)
  return filter.kind === 'or'
    ? counts.reduce((sum, count) => sum + count, 0)
    : counts.reduce((product, count) => product * count, 1)
}

/** At most one array filter in each conjunction; branches of an OR are apart. */
function checkArrayFilters(filter: Filter): number {
  if (filter.kind === 'field') return filter.op.startsWith('ARRAY_CONTAINS') ? 1 : 0
  const counts = filter.filters.map(checkArrayFilters)
  const count = filter.kind === 'or' ? Math.max(0, ...counts) : counts.reduce((sum, each) => sum + each, 0)
  if (count > 1) throw invalid("A maximum of 1 'ARRAY_CONTAINS' filter is allowed per disjunction.")
  return count
}

export type FieldFilter = Filter & { readonly kind: 'field' }

/** Every condition on a field, wherever it stands. */
export function leavesOf(filter: Filter | undefined): readonly FieldFilter[] {
  if (!filter) return []
  return filter.kind === 'field' ? [filter] : filter.filters.flatMap(leavesOf)
}

/** Conditions that hold for every match: the top conjunction. */
export function conjunctsOf(filter: Filter | undefined): readonly FieldFilter[] {
  if (!filter || filter.kind === 'or') return []
  return filter.kind === 'field' ? [filter] : filter.filters.flatMap(conjunctsOf)
}

/** Conditions that hold for a stretch of values. */
export const isRange = (op: FieldOperator): boolean => ranges.has(op)

/** Conditions whose field takes part in the order of the results. */
export const isInequality = (op: FieldOperator): boolean => isRange(op) || negations.has(op)

/** Whether a document meets the condition. */
export function matches(filter: Filter, document: StoredDocument): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.filters.every((part) => matches(part, document))
    case 'or':
      return filter.filters.some((part) => matches(part, document))
    case 'field': {
      const value = fieldValue(document, filter.path)
      return value !== undefined && holds(filter.op, value, filter.values)
    }
  }
}

/** A field of a document, its name as a reference for `__name__`. */
export function fieldValue(document: StoredDocument, path: FieldPath): Value | undefined {
  if (path[0] === nameField) return { kind: 'reference', referenceValue: document.name }
  return valueAt(document.fields, path)
}

const isNan = (value: Value): boolean => value.kind === 'double' && Number.isNaN(numberOf(value))
/** No comparison with null or NaN is ever true. */
const isComparable = (value: Value): boolean => value.kind !== 'null' && !isNan(value)

const unaryTests: Readonly<Partial<Record<FieldOperator, (value: Value) => boolean>>> = {
  IS_NULL: (value) => value.kind === 'null',
  IS_NAN: isNan,
  IS_NOT_NULL: (value) => value.kind !== 'null',
  IS_NOT_NAN: isComparable,
}

function holds(op: FieldOperator, value: Value, operands: readonly Value[]): boolean {
  const unary = unaryTests[op]
  if (unary) return unary(value)
  switch (op) {
    case 'EQUAL':
    case 'IN':
      return isOneOf(value, operands)
    case 'NOT_EQUAL':
    case 'NOT_IN':
      return value.kind !== 'null' && operands.every((each) => each.kind !== 'null') && !isOneOf(value, operands)
    case 'ARRAY_CONTAINS':
    case 'ARRAY_CONTAINS_ANY':
      return value.kind === 'array' && value.arrayValue.values.some((item) => isOneOf(item, operands))
    default:
      return operands.every((operand) => isInRange(op, value, operand))
  }
}

const isOneOf = (value: Value, operands: readonly Value[]): boolean =>
  operands.some((operand) => isComparable(operand) && isEquivalent(value, operand))

function isInRange(op: FieldOperator, value: Value, operand: Value): boolean {
  if (!isComparable(operand) || !isComparable(value) || !isSameType(value, operand)) return false
  const order = compareValues(value, operand)
  switch (op) {
    case 'LESS_THAN':
      return order < 0
    case 'LESS_THAN_OR_EQUAL':
      return order <= 0
    case 'GREATER_THAN':
      return order > 0
    default:
      return order >= 0
  }
}
