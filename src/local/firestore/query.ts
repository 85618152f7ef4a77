import { status } from '@grpc/grpc-js'
import { fieldValue, conjunctsOf, isInequality, isRange, leavesOf, matches, parseFilter } from './filters.ts'
import type { FieldFilter, Filter } from './filters.ts'
import { keyOf, parseDocumentName, parseParent } from './names.ts'
import { parseNearest } from './nearest.ts'
import type { Nearest } from './nearest.ts'
import { compareText, compareValues } from './order.ts'
import { nameField, parsePath, valueAt } from './paths.ts'
import type { FieldPath } from './paths.ts'
import type { KeyRange, Scope } from './scan.ts'
import { invalid, refusal } from './status.ts'
import type { StoredDocument } from './store.ts'
import { parseOperand } from './values.ts'
import type { Value } from './values.ts'
import type { WireCursor, WireQuery } from './wire.ts'

export interface Order {
  readonly path: FieldPath
  readonly text: string
  readonly descending: boolean
}

/** A position between results: values of the first orders; `before` is on the near side of what equals them. */
export interface Cursor {
  readonly values: readonly Value[]
  readonly before: boolean
}

/** A query checked and made ready to run. */
export interface Plan {
  readonly scope: Scope
  /** The conditions that `range` does not settle. */
  readonly filter: Filter | undefined
  /** Stated and implied orders; the last is always `__name__`. */
  readonly orders: readonly Order[]
  /** Whether the query itself orders by the name, or by a range of it. */
  readonly ordersByName: boolean
  /** Fields a result must have, whatever their value. */
  readonly required: readonly FieldPath[]
  readonly startAt: Cursor | undefined
  readonly endAt: Cursor | undefined
  readonly offset: number
  readonly limit: number
  /** undefined returns all fields. */
  readonly projection: readonly FieldPath[] | undefined
  /** The stretch of names the results must lie in. */
  readonly range: KeyRange
  /** A search among the results. */
  readonly nearest: Nearest | undefined
}

/** The plan of a structured query below a parent; refuses what Firestore refuses. */
export function parseQuery(parent: string, wire: WireQuery): Plan {
  const scope = parseScope(parent, wire)
  const filter = parseFilter(wire.where)
  const stated = (wire.orderBy ?? []).map(parseOrder)
  checkOrders(stated)
  const orders = completeOrders(stated, filter)
  checkScope(scope, filter, orders)
  if (orders[0]?.text === nameField && orders[0].descending) {
    throw refusal(status.FAILED_PRECONDITION, 'Firestore does not support descending key scans')
  }
  const startAt = parseCursor(wire.startAt, stated)
  const endAt = parseCursor(wire.endAt, stated)
  checkNames(parent, filter, [startAt, endAt], stated)
  return {
    scope,
    filter: filter && withoutNameBounds(filter),
    orders,
    ordersByName: stated.at(-1)?.text === nameField || leavesOf(filter).some(isNameRange),
    required: orders.filter((order) => order.text !== nameField).map((order) => order.path),
    startAt,
    endAt,
    offset: parseCount(wire.offset ?? 0, 'offset'),
    limit: wire.limit ? parseCount(wire.limit.value ?? 0, 'limit') : Number.POSITIVE_INFINITY,
    projection: wire.select ? parseProjection(wire.select.fields ?? []) : undefined,
    range: nameRange(filter, orders, startAt, endAt),
    nearest: wire.findNearest ? parseNearest(wire, wire.findNearest) : undefined,
  }
}

function parseScope(parent: string, wire: WireQuery): Scope {
  const from = wire.from ?? []
  if (from.length > 1) throw invalid('StructuredQuery.from cannot have more than one collection selector.')
  const { collectionId = '', allDescendants = false } = from[0] ?? {}
  if (collectionId.includes('/')) throw invalid(`Collection id "${collectionId}" contains "/".`)
  return {
    parent: keyOf(parseParent(parent).segments),
    collectionId: collectionId === '' ? undefined : collectionId,
    descendants: allDescendants,
  }
}

/** Without a collection id, and in a group below a document, only names are in an index, ascending. */
function checkScope(
  { parent, collectionId, descendants }: Scope,
  filter: Filter | undefined,
  orders: readonly Order[],
) {
  const named = [...orders, ...leavesOf(filter)].every(({ text }) => text === nameField)
  if (collectionId === undefined && (!named || orders.some((order) => order.descending))) {
    throw invalid('kind is required for filters and orders other than by __name__ ascending')
  }
  if (!named && descendants && parent !== '') {
    throw invalid('collection group queries by fields are only allowed at the root parent')
  }
}

function parseOrder(wire: NonNullable<WireQuery['orderBy']>[number]): Order {
  const text = wire.field?.fieldPath ?? ''
  return { path: parsePath(text), text, descending: wire.direction === 2 }
}

function checkOrders(orders: readonly Order[]): void {
  const seen = new Set<string>()
  for (const [at, { text }] of orders.entries()) {
    if (seen.has(text)) throw invalid(`order by clause cannot contain duplicate fields ${text}`)
    seen.add(text)
    if (text === nameField && at < orders.length - 1) {
      throw invalid('order by clause cannot contain more fields after the key')
    }
  }
}

/** Adds the fields of inequalities, sorted, and the name, all in the direction of the last stated order. */
function completeOrders(stated: readonly Order[], filter: Filter | undefined): readonly Order[] {
  const orders = [...stated]
  const descending = stated.at(-1)?.descending ?? false
  if (orders.at(-1)?.text === nameField) return orders
  const fields = leavesOf(filter).filter((leaf) => isInequality(leaf.op) && leaf.text !== nameField)
  for (const { path, text } of fields.toSorted((a, b) => compareText(a.text, b.text))) {
    if (!orders.some((order) => order.text === text)) orders.push({ path, text, descending })
  }
  return [...orders, { path: [nameField], text: nameField, descending }]
}

function parseCursor(wire: WireCursor | null | undefined, stated: readonly Order[]): Cursor | undefined {
  if (!wire) return undefined
  const values = (wire.values ?? []).map((value) => parseOperand(value))
  if (values.length > stated.length) throw invalid('Cursor has too many values.')
  for (const [at, value] of values.entries()) {
    if (stated[at]?.text === nameField && value.kind !== 'reference') {
      throw invalid('Cursor position for __name__ must be a reference.')
    }
  }
  return values.length === 0 ? undefined : { values, before: wire.before ?? false }
}

/** Names in filters and cursors are of the database that is asked. */
function checkNames(
  parent: string,
  filter: Filter | undefined,
  cursors: readonly (Cursor | undefined)[],
  stated: readonly Order[],
): void {
  const root = `${parseParent(parent).database}/documents/`
  const filtered = leavesOf(filter).flatMap(({ text, values }) => (text === nameField ? values : []))
  const named = cursors.flatMap((cursor) => cursor?.values.filter((_, at) => stated[at]?.text === nameField) ?? [])
  for (const value of [...filtered, ...named]) {
    if (value.kind !== 'reference' || value.referenceValue.startsWith(root)) continue
    throw invalid(`The name "${value.referenceValue}" is not in the database that is queried.`)
  }
}

function parseCount(count: number, what: string): number {
  if (count < 0) throw invalid(`${what} is negative`)
  return count
}

const isNameRange = ({ text, op }: FieldFilter): boolean => text === nameField && isInequality(op)

function parseProjection(fields: readonly { readonly fieldPath?: string }[]): readonly FieldPath[] {
  return fields.map(({ fieldPath = '' }) => parsePath(fieldPath)).filter((path) => path[0] !== nameField)
}

/** What filters and cursors on the name say about the stretch of names to look at. */
function nameRange(
  filter: Filter | undefined,
  orders: readonly Order[],
  startAt: Cursor | undefined,
  endAt: Cursor | undefined,
): KeyRange {
  const { froms, tos } = nameBounds(filter)
  if (orders[0]?.text === nameField) {
    if (startAt?.values[0]) froms.push({ key: boundKey(startAt.values[0]), inclusive: startAt.before })
    if (endAt?.values[0]) tos.push({ key: boundKey(endAt.values[0]), inclusive: !endAt.before })
  }
  return { from: tightest(froms, 1), to: tightest(tos, -1) }
}

function nameBounds(filter: Filter | undefined): { readonly froms: Bound[]; readonly tos: Bound[] } {
  const froms: Bound[] = []
  const tos: Bound[] = []
  for (const { text, op, values } of conjunctsOf(filter)) {
    const operand = values[0]
    if (text !== nameField || !operand) continue
    const bound = { key: boundKey(operand), inclusive: op === 'EQUAL' || op.endsWith('_OR_EQUAL') }
    if (op === 'EQUAL' || op.startsWith('GREATER_THAN')) froms.push(bound)
    if (op === 'EQUAL' || op.startsWith('LESS_THAN')) tos.push(bound)
  }
  return { froms, tos }
}

/** Comparing each name with the bounds of a range that is all there is to read would cost more than reading it. */
function withoutNameBounds(filter: Filter): Filter | undefined {
  switch (filter.kind) {
    case 'or':
      return filter
    case 'and': {
      const filters = filter.filters.flatMap((part) => withoutNameBounds(part) ?? [])
      return filters.length === 0 ? undefined : { kind: 'and', filters }
    }
    case 'field': {
      const bounds = filter.text === nameField && (filter.op === 'EQUAL' || isRange(filter.op))
      return bounds ? undefined : filter
    }
  }
}

interface Bound {
  readonly key: string
  readonly inclusive: boolean
}

function boundKey(value: Value): string {
  return value.kind === 'reference' ? keyOf(parseDocumentName(value.referenceValue).segments) : ''
}

function tightest(bounds: readonly Bound[], sign: 1 | -1): Bound | undefined {
  return bounds.toSorted((a, b) => {
    if (a.key !== b.key) return (a.key > b.key ? -1 : 1) * sign
    return Number(a.inclusive) - Number(b.inclusive)
  })[0]
}

/** Whether a document belongs to the results, but for cursors. */
export function belongs(plan: Plan, document: StoredDocument): boolean {
  if (plan.filter && !matches(plan.filter, document)) return false
  return plan.required.every((path) => valueAt(document.fields, path) !== undefined)
}

/** The order of results. */
export function compareDocuments(orders: readonly Order[], left: StoredDocument, right: StoredDocument): number {
  for (const order of orders) {
    const by =
      order.text === nameField
        ? compareKeys(left.key, right.key)
        : compareOptional(fieldValue(left, order.path), fieldValue(right, order.path))
    if (by !== 0) return order.descending ? -by : by
  }
  return 0
}

const compareKeys = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)

const compareOptional = (left: Value | undefined, right: Value | undefined): number =>
  left && right ? compareValues(left, right) : 0

/** Whether a document lies on the far side of the start and the near side of the end. */
export function isBetween({ orders, startAt, endAt }: Plan, document: StoredDocument): boolean {
  if (startAt) {
    const by = compareToCursor(orders, document, startAt)
    if (startAt.before ? by < 0 : by <= 0) return false
  }
  if (endAt) {
    const by = compareToCursor(orders, document, endAt)
    if (endAt.before ? by >= 0 : by > 0) return false
  }
  return true
}

function compareToCursor(orders: readonly Order[], document: StoredDocument, cursor: Cursor): number {
  for (const [at, position] of cursor.values.entries()) {
    const order = orders[at]
    if (!order) return 0
    const by = compareOptional(fieldValue(document, order.path), position)
    if (by !== 0) return order.descending ? -by : by
  }
  return 0
}

/** Whether the query asks for nothing but a scope in an order. */
export function isPlainScan({ filter, range, startAt, endAt, offset, limit, nearest }: Plan): boolean {
  const whole = !nearest && !filter && !range.from && !range.to && !startAt && !endAt
  return whole && offset === 0 && limit === Number.POSITIVE_INFINITY
}
