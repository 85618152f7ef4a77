import { quoteLiteral } from '../kernel/identifiers.ts'
import type { TableName } from '../kernel/identifiers.ts'
import type { Queryable } from '../stores/tables.ts'

/**
 * Held until the transaction ends, under its lock timeout: two that replace one function at once would end in
 * `tuple concurrently updated`, which says nothing to anyone.
 */
export function lockFunction(q: Queryable, { schema, name }: TableName): Promise<void> {
  const key = quoteLiteral(`lockstep function ${schema}.${name}`)
  return q.script(`select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(${key}, 0))`)
}
