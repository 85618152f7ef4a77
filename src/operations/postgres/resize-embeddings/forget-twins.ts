import { quoteTable } from '../../../kernel/identifiers.ts'
import type { TableName } from '../../../kernel/identifiers.ts'
import { parseTableName } from '../../../kernel/identifiers.ts'
import type { TableWriter } from '../../../stores/tables.ts'
import { dropBothSchema, viewsOf } from './both-store.ts'
import { dropView, hasView, lockView } from './both-view.ts'
import { releaseStatements } from './capture-sql.ts'
import { restoreFunctions } from './vector-companion.ts'
import { knownAs, nextSchema, pastSchema, twinIn } from './vector-change.ts'
import type { VectorChange } from './vector-change.ts'
import { forgetSql, vectorStore } from './vector-store.ts'

/** Tables dropped in one transaction: each takes about six slots of the server's lock table. */
const atOnce = 20

/** Once the migration is completed: the tables in the old shape go, and what kept them in step. Safe to repeat. */
export async function forgetTwins(change: VectorChange, tables: TableWriter): Promise<void> {
  // Before the tables that they search for clients of the old model.
  await tables.transaction((q) => q.script(restoreFunctions(change, 'after')))
  for (;;) {
    const names = await tables.read(async (q) => {
      const [store] = await q.query<{ found: boolean }>(`select ${vectorStore.exists} as found`)
      if (store?.found !== true) return []
      const shown = hasView(change) ? [...(await viewsOf(q, change))] : []
      const rows = await q.query<{ name: string }>(
        'select table_name as name from lockstep_vectors.changes where change = $1 order by table_name limit $2',
        [change.tag, atOnce],
      )
      return rows.length > 0 ? rows : shown.slice(0, atOnce).map((name) => ({ name }))
    })
    if (names.length === 0) break
    await tables.transaction((q) =>
      q.script(
        names
          .map(({ name }) => parseTableName(name))
          .flatMap((table) => [
            ...(hasView(change) ? [lockView(table)] : []),
            ...releaseIfThere(quoteTable(table)),
            `drop table if exists ${twinIn(pastSchema, table)}, ${twinIn(nextSchema, table)}`,
            forgetSql(table),
            `delete from lockstep_vectors.missing where table_name = ${knownAs(table)} and problem is null`,
            ...(hasView(change) ? [listLeft(table), dropView(table)] : []),
          ])
          .join(';\n'),
      ),
    )
  }
  if (hasView(change)) await tables.transaction((q) => q.script(dropBothSchema))
}

/** What still waited at the end stays listed, as texts do that a provider refuses. */
function listLeft(table: TableName): string {
  return `insert into lockstep_vectors.missing (table_name, key, problem)
    select w.table_name, w.key, 'written through the view as the change was completed' from lockstep_vectors.waiting w
    where w.table_name = ${knownAs(table)} on conflict do nothing`
}

/** A tenant may be gone by now. */
function releaseIfThere(quoted: string): readonly string[] {
  return [
    `do $lockstep$ begin
  if pg_catalog.to_regclass('${quoted.replaceAll("'", "''")}') is not null then
    ${releaseStatements(quoted).join(';\n    ')};
  end if;
end $lockstep$`,
  ]
}
