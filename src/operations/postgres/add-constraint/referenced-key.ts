import { LockstepError } from '../../../kernel/errors.ts'
import { printTable, quoteLiteral } from '../../../kernel/identifiers.ts'
import { listed } from '../../../tenants/fleet.ts'
import type { Look } from '../../operation.ts'
import type { TableState } from '../../table-state.ts'
import { groupsOf } from '../../table-targets.ts'
import type { Rule } from './add-constraint.ts'
import { referencedTable } from './constraint-sql.ts'

type ForeignKey = Extract<Rule, { readonly kind: 'foreign key' }>

const tablesAsked = 200

/** That each referenced table is there and has a key of those columns that a foreign key can stand on. */
export async function keyProblems(
  rule: ForeignKey,
  todo: readonly TableState[],
  look: Look,
): Promise<readonly LockstepError[]> {
  const without: { readonly table: TableState; readonly exists: boolean }[] = []
  for (const group of groupsOf(todo, tablesAsked)) {
    const names = group.map(({ key }) => referencedTable(rule.references, key))
    const rows = await look.tables.read((q) =>
      q.query<{ n: number; exists: boolean }>(keyStatement, [
        names,
        rule.to.length === 0 ? null : rule.to,
        rule.columns.length,
      ]),
    )
    for (const { n, exists } of rows) {
      const table = group[n - 1]
      if (table !== undefined) without.push({ table, exists })
    }
  }
  const problem = (exists: boolean, message: string, hint: string): readonly LockstepError[] => {
    const found = without.filter((each) => each.exists === exists)
    if (found.length === 0) return []
    const name = listed(found.map(({ table }) => printTable(table)))
    return [new LockstepError(exists ? 'LS-2125' : 'LS-2107', message, { where: { name }, hint })]
  }
  const what =
    rule.to.length === 0
      ? `a primary key of ${rule.columns.length} columns`
      : `a unique constraint on (${rule.to.join(', ')})`
  return [
    ...problem(
      false,
      `${rule.references} does not exist`,
      'write it as it is stored, with its schema if that is not public; {key} stands for the tenant',
    ),
    ...problem(
      true,
      `${rule.references} has not ${what}`,
      'name columns that have one, in { to: … }, or add one there in a step before',
    ),
  ]
}

/** Referenced tables, by position, that are missing or have no such key. */
const keyStatement = `
select w.n::int as n, w.oid is not null as exists
from (select n, pg_catalog.to_regclass(name) as oid from unnest($1::text[]) with ordinality as x(name, n)) w
where not exists (
  select from pg_catalog.pg_index i
  where i.indrelid = w.oid and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
    and i.indnkeyatts = $3::int
    and case when $2::text[] is null then i.indisprimary
        else $2::text[] <@ (select array_agg(a.attname::text) from pg_catalog.pg_attribute a
                            where a.attrelid = i.indrelid and a.attnum = any(i.indkey)) end)`

/** The columns a foreign key refers to: those given, or the primary key. */
export async function referencedColumns(
  rule: ForeignKey,
  [table]: readonly TableState[],
  look: Look,
): Promise<readonly string[]> {
  if (rule.to.length > 0 || table === undefined) return rule.to
  const name = quoteLiteral(referencedTable(rule.references, table.key))
  const rows = await look.tables.read((q) =>
    q.query<{ name: string }>(
      `select a.attname as name from pg_catalog.pg_index i
       cross join lateral unnest(i.indkey) with ordinality as k(num, at)
       join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.num
       where i.indrelid = pg_catalog.to_regclass(${name}) and i.indisprimary order by k.at`,
    ),
  )
  return rows.map((row) => row.name)
}
