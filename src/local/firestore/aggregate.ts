import { limits } from './limits.ts'
import { numberOf } from './order.ts'
import { nameField, parsePath, valueAt } from './paths.ts'
import type { FieldPath } from './paths.ts'
import { runQuery } from './run-query.ts'
import type { Order, Plan } from './query.ts'
import { invalid } from './status.ts'
import type { View } from './store.ts'
import { integerValue, nullValue, parseInteger } from './values.ts'
import type { Value } from './values.ts'
import type { WireAggregation } from './wire.ts'

export interface Aggregation {
  readonly alias: string
  readonly op: 'count' | 'sum' | 'average'
  /** Of sum and average. */
  readonly path: FieldPath | undefined
  /** The same as it is written. */
  readonly text: string | undefined
  /** Where a count stops. */
  readonly upTo: number
}

/** The aggregations of a request; those without an alias are called `field_1` and so on. */
export function parseAggregations(wires: readonly WireAggregation[]): readonly Aggregation[] {
  if (wires.length === 0) throw invalid('Aggregations can not be empty.')
  if (wires.length > limits.aggregations) {
    throw invalid(`A query can have at most ${limits.aggregations} aggregations, this one has ${wires.length}.`)
  }
  let unnamed = 0
  const parsed = wires.map((wire) => parseAggregation(wire, wire.alias || `field_${++unnamed}`))
  for (const [at, { alias }] of parsed.entries()) {
    if (parsed.findIndex((other) => other.alias === alias) !== at) {
      throw invalid(`Aggregation aliases contain duplicate alias: ${alias}.`)
    }
  }
  return parsed
}

function parseAggregation(wire: WireAggregation, alias: string): Aggregation {
  if (wire.count) {
    const upTo = wire.count.upTo ? Number(parseInteger(wire.count.upTo.value ?? 0)) : Number.POSITIVE_INFINITY
    if (upTo < 0) throw invalid('Count.up_to must not be negative.')
    return { alias, op: 'count', path: undefined, text: undefined, upTo }
  }
  const operand = wire.sum ?? wire.avg
  if (!operand) throw invalid('An aggregation must be count, sum or avg.')
  const text = operand.field?.fieldPath ?? ''
  if (text === nameField) throw invalid('Aggregations are not supported for the property: __name__')
  return { alias, op: wire.sum ? 'sum' : 'average', path: parsePath(text), text, upTo: Number.POSITIVE_INFINITY }
}

/** One value an aggregation, of the documents that have every field summed or averaged. */
export function aggregate(view: View, plan: Plan, aggregations: readonly Aggregation[]): Record<string, Value> {
  const paths = aggregations.flatMap(({ path }) => (path ? [path] : []))
  if (paths.length > 0) checkSums(plan, paths)
  const needed: Plan = { ...plan, required: [...plan.required, ...paths], orders: withSums(plan.orders, paths) }
  const onlyCounts = paths.length === 0 ? Math.max(...aggregations.map(({ upTo }) => upTo)) : Number.POSITIVE_INFINITY
  const sums = paths.map(() => createSum())
  let count = 0
  for (const document of runQuery(view, needed)) {
    if (count >= onlyCounts) break
    count++
    for (const [at, path] of paths.entries()) sums[at]?.add(valueAt(document.fields, path))
  }
  const results: Record<string, Value> = {}
  let next = 0
  for (const { alias, op, upTo } of aggregations) {
    if (op === 'count') results[alias] = integerValue(BigInt(Math.min(count, upTo)))
    else results[alias] = sums[next++]?.[op]() ?? nullValue
  }
  return results
}

/** An index has nothing behind the name, so a sum needs its field before it. */
function checkSums({ projection, ordersByName, orders }: Plan, paths: readonly FieldPath[]): void {
  if (projection) throw invalid('Cannot apply property masks when aggregation fields are present.')
  if (!ordersByName) return
  const behind = paths.filter((path) => !isOrdered(orders, path)).map((path) => path.join('.'))
  if (behind.length === 0) return
  throw invalid(
    `This query requires an index that has fields [${behind.join(', ')}] after __name__ and Firestore does not currently ` +
      'support such an index. Please try the query again with additional ordering on those fields.',
  )
}

const isOrdered = (orders: readonly Order[], path: FieldPath): boolean =>
  orders.some((order) => order.path.join('\0') === path.join('\0'))

/** The order of the index that is read, which says what an offset and a limit leave. */
function withSums(orders: readonly Order[], paths: readonly FieldPath[]): readonly Order[] {
  const name = orders.at(-1)
  if (!name) return orders
  const behind = paths.filter((path) => !isOrdered(orders, path))
  const sums = behind.map((path): Order => ({ path, text: path.join('.'), descending: name.descending }))
  return [...orders.slice(0, -1), ...sums, name]
}

interface Sum {
  add(value: Value | undefined): void
  /** 0 of nothing; an integer while all are integers and it fits in 64 bits. */
  sum(): Value
  /** null of nothing. */
  average(): Value
}

function createSum(): Sum {
  let integers = 0n
  let doubles = 0
  let hasDouble = false
  let numbers = 0
  return {
    add: (value) => {
      if (value?.kind === 'integer') integers += BigInt(value.integerValue)
      else if (value?.kind === 'double') {
        doubles += Number(numberOf(value))
        hasDouble = true
      } else return
      numbers++
    },
    sum: () =>
      !hasDouble && BigInt.asIntN(64, integers) === integers
        ? integerValue(integers)
        : { kind: 'double', doubleValue: doubles + Number(integers) },
    average: () =>
      numbers === 0 ? nullValue : { kind: 'double', doubleValue: (doubles + Number(integers)) / numbers },
  }
}
