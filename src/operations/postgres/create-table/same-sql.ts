import { quoteIdentifier, quoteLiteral } from '../../../kernel/identifiers.ts'
import { sqlState } from '../../../stores/tables.ts'
import type { Queryable } from '../../../stores/tables.ts'
import type { TableDefinition } from './table-definition.ts'
import { ofUser, rendered } from './template.ts'
import type { NamedTable } from './template.ts'

/** Where an expression stands: over a row of the table, which need not be there. */
export interface Row {
  readonly table: NamedTable
  readonly columns: TableDefinition['columns']
}

/**
 * What the server makes of an expression, as its planner prints it: equal for expressions that mean the same, however
 * they are written. Nothing runs. What it refuses is given as the error.
 */
export async function plannedForm(q: Queryable, sql: string, { table, columns }: Row): Promise<PlannedForm> {
  const list = columns.map(({ name, type }) => `${quoteIdentifier(name)} ${type}`).join(', ')
  const row = `pg_catalog.jsonb_to_record('{}'::pg_catalog.jsonb) as ${quoteIdentifier(table.name)}(${list})`
  await q.script('savepoint lockstep_expression')
  try {
    const rows = await q.query(
      `explain (verbose, costs off, format json) select (${rendered(ofUser(sql), table)}\n) from ${row}`,
    )
    return { plan: JSON.stringify(rows) }
  } catch (cause) {
    if (!/^(0A|22|42|3F)/.test(sqlState(cause) ?? '')) throw cause
    await q.script('rollback to savepoint lockstep_expression')
    return { refused: cause instanceof Error ? cause.message : String(cause) }
  }
}

export type PlannedForm = { readonly plan: string } | { readonly refused: string }

/** Whether two expressions over the row mean the same; what the server does not understand is like nothing else. */
export async function isSameSql(
  q: Queryable,
  row: Row,
  one: string | undefined,
  other: string | undefined,
): Promise<boolean> {
  if (one === undefined || other === undefined) return one === other
  const [first, second] = [one, other].map((sql) => loosely(rendered(ofUser(sql), row.table)))
  if (first === second) return true
  const [before, after] = [await plannedForm(q, one, row), await plannedForm(q, other, row)]
  return 'plan' in before && 'plan' in after && before.plan === after.plan
}

/** Without what Postgres writes in other ways than people do. */
export function loosely(sql: string): string {
  return sql
    .split(/('(?:[^']|'')*')/)
    .map((part, n) => (n % 2 === 1 ? part : part.toLowerCase().replace(/[\s"()]/g, '')))
    .join('')
}

/** A constant of the type, as it is in the catalog. */
export function constantOf(value: string, type: string): string {
  return `${quoteLiteral(value)}::${type}`
}
