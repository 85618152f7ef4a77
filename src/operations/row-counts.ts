import { LockstepError } from '../kernel/errors.ts'
import { printTable } from '../kernel/identifiers.ts'
import { sqlState } from '../stores/tables.ts'
import { listed } from '../tenants/fleet.ts'
import type { Look, PlanWarning } from './operation.ts'
import { smallTable } from './table-state.ts'
import type { TableState } from './table-state.ts'
import { groupsOf, inLanes } from './table-targets.ts'
import type { Unfit } from './unfit-tables.ts'

export interface TableCount {
  readonly table: TableState
  readonly count: number
}

export interface RowCounts {
  /** Tables with at least one. */
  readonly found: readonly TableCount[]
  /** Tables that could not be counted within the statement timeout. */
  readonly unknown: readonly TableState[]
}

/** Tables asked in one statement: with more it takes longer to plan for each. */
const tablesAsked = 50

/**
 * Counts in each table, many in a statement; `rowsSql` gives a query with a row for each that counts. Values are never
 * read out.
 */
export async function countInTables(
  tables: readonly TableState[],
  rowsSql: (table: TableState) => string,
  look: Look,
): Promise<RowCounts> {
  const unknown: TableState[] = []
  const ask = async <Row extends { readonly n: number }>(
    asked: readonly TableState[],
    question: (rows: readonly string[]) => string,
  ): Promise<readonly (Row & { readonly table: TableState })[]> => {
    const found: (Row & { readonly table: TableState })[] = []
    await inLanes(groupsOf(asked, tablesAsked), async function answer(group): Promise<void> {
      try {
        for (const row of await look.tables.read((q) => q.query<Row>(question(group.map(rowsSql))))) {
          const table = group[row.n]
          if (table !== undefined) found.push({ ...row, table })
        }
      } catch (error) {
        if (sqlState(error) !== '57014') throw error
        if (group.length === 1) unknown.push(...group)
        else for (const table of group) await answer([table])
      }
    })
    return found
  }
  // Nearly always there are none, which takes the server half as long to see as to count; in a large table it counts with
  // several processes, and would look with one.
  const small = tables.filter(({ bytes }) => bytes <= smallTable)
  const some = new Set((await ask(small, withRows)).map(({ table }) => table))
  const found = await ask<{ n: number; count: number }>(
    tables.filter((table) => table.bytes > smallTable || some.has(table)),
    (rows) =>
      rows.map((each, n) => `select ${n}::int as n, count(*)::float8 as count from (${each}) r`).join(' union all '),
  )
  return { found: found.filter(({ count }) => count > 0), unknown }
}

/**
 * A query of the positions `n` of those queries that give a row, each read no further than to its first. Questions of one
 * expression: as members of a union each is planned for longer.
 */
export function withRows(queries: readonly string[]): string {
  const answers = queries.map((each) => `exists (${each})`).join(', ')
  return `select (n - 1)::int as n from unnest(array[${answers}]) with ordinality as answers(found, n) where found`
}

/** LS-2121 with the tables and the count of each, none of whose values it tells. */
export function tablesInTheWay({ found }: RowCounts, what: string, hint: string): readonly Unfit[] {
  if (found.length === 0) return []
  const sorted = found.toSorted((a, b) => b.count - a.count || (a.table.name < b.table.name ? -1 : 1))
  const all = found.reduce((sum, { count }) => sum + count, 0)
  const message = `${all} ${what} in ${found.length} ${found.length === 1 ? 'table' : 'tables'}`
  const error = new LockstepError('LS-2121', message, {
    where: { name: listed(sorted.map(({ table, count }) => `${printTable(table)} (${count})`)) },
    why: 'nothing has been changed by this run',
    hint,
  })
  return [{ tables: found.map(({ table }) => table), error }]
}

/** Tables too large to be counted while planning: what stands in the way there is only found on the way. */
export function uncounted({ unknown }: RowCounts, what: string): readonly PlanWarning[] {
  if (unknown.length === 0) return []
  return [
    {
      code: 'W211',
      message: `${what} could not be counted in time in ${listed(unknown.map(printTable))}`,
      hint: 'count them by hand before the run, which stops at the first',
    },
  ]
}
