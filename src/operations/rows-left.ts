import { quoteTable } from '../kernel/identifiers.ts'
import type { Look } from './operation.ts'
import { withRows } from './row-counts.ts'
import type { RowPass } from './table-passes.ts'
import type { TableState } from './table-state.ts'
import { groupsOf, inLanes } from './table-targets.ts'

/** Tables asked in one statement whether a row of theirs is left. */
const tablesAsked = 200

/** The tables in which at least one row still needs what the pass gives. */
export async function rowsLeft(
  pass: RowPass,
  tables: readonly TableState[],
  look: Look,
): Promise<readonly TableState[]> {
  const asked = tables.flatMap((table) => {
    const fill = pass.fill(table)
    return fill === undefined ? [] : [{ table, where: fill.where }]
  })
  const left = new Set<TableState>()
  await inLanes(groupsOf(asked, tablesAsked), async (group) => {
    const questions = group.map(({ table, where }) => `select from ${quoteTable(table)} where ${where}`)
    const found = await look.tables.read((q) => q.query<{ n: number }>(withRows(questions)))
    for (const { n } of found) {
      const table = group[n]?.table
      if (table !== undefined) left.add(table)
    }
  })
  return tables.filter((table) => left.has(table))
}
