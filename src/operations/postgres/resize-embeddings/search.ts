import { isLockstepError } from '../../../kernel/errors.ts'
import type { Queryable } from '../../../stores/tables.ts'
import { saidBy, sqlState } from '../../../stores/tables.ts'
import type { TableState } from '../../table-state.ts'
import { keyText } from './vector-change.ts'
import type { VectorChange, VectorType } from './vector-change.ts'
import { approximateIndexes, distanceSql, metricOf, planIndex } from './vector-index.ts'
import type { Metric } from './vector-index.ts'
import { usualChecks } from './vector-checks.ts'

/** Where vectors are searched. */
export interface Place {
  /** The table, quoted. */
  readonly at: string
  readonly type: VectorType
}

/** The distance that the column's index is or will be for. */
function metricFor(change: VectorChange, table: TableState): Metric {
  const planned = planIndex(change, table, Infinity)
  return typeof planned === 'string' ? metricOf(approximateIndexes(change, table)[0]) : planned.metric
}

/** The rows nearest to `$1` as their keys, and how far they are, as `d`. */
export function nearestSql(change: VectorChange, table: TableState, { at, type }: Place): string {
  const distance = distanceSql(change.column, type, metricFor(change, table), `$1::${type.kind}(${type.dimensions})`)
  const { k = usualChecks.k } = change.spec.options.verify ?? {}
  return `select pg_catalog.array_to_string(${keyText(table, 't')}, ',') as id, ${distance} as d from ${at} t order by ${distance} limit ${k}`
}

/** What the app asks there: its own query, or without one that for the nearest rows. */
export function searchSql(change: VectorChange, table: TableState, place: Place, isNew: boolean): string {
  const { query, queryBefore = query } = change.spec.options.verify ?? {}
  const own = isNew ? query : queryBefore
  return own?.replaceAll('{table}', place.at) ?? nearestSql(change, table, place)
}

/** The rows that a search gives, best first, each told by its first column. */
export async function searched(q: Queryable, sql: string, vector: string): Promise<readonly string[]> {
  const rows = await q.query(sql, [vector])
  return rows.map((row) => String(Object.values(row)[0]))
}

/** What Postgres says of a query that is wrong, without contents; undefined where something else went wrong. */
export function refusal(error: unknown): string | undefined {
  const cause = isLockstepError(error) ? error.cause : error
  const state = sqlState(cause)
  if (state === undefined || !/^(?:22|42)/.test(state)) return undefined
  return saidBy(cause)
}
