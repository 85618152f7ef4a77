import { LockstepError } from '../../../kernel/errors.ts'
import { printTable, quoteTable } from '../../../kernel/identifiers.ts'
import type { Look } from '../../operation.ts'
import type { TableState } from '../../table-state.ts'
import { explain } from './index-use.ts'
import { refusal, searchSql } from './search.ts'
import { vectorColumn, vectorPath, vectorType } from './vector-change.ts'
import type { VectorChange } from './vector-change.ts'

/** Checks that could not be made once the twins are there: the app's query as it is asked now, and tables that are not there. */
export async function inspectSearches(
  change: VectorChange,
  tables: readonly TableState[],
  look: Look,
): Promise<readonly LockstepError[]> {
  return [...unknownTables(change, tables), ...(await refusedQuery(change, tables, look))]
}

function unknownTables({ spec }: VectorChange, tables: readonly TableState[]): readonly LockstepError[] {
  const known = new Set(tables.map(printTable))
  const named = (spec.options.verify?.golden ?? []).flatMap(({ table }) => table ?? [])
  return [...new Set(named)]
    .filter((name) => !known.has(name))
    .map(
      (name) =>
        new LockstepError('LS-2002', `verify.golden names a table that is not among those of the step: ${name}`, {
          where: { name },
          hint: 'write its name as the plan prints it, with its schema unless that is public',
        }),
    )
}

async function refusedQuery(
  change: VectorChange,
  tables: readonly TableState[],
  look: Look,
): Promise<readonly LockstepError[]> {
  const [table] = tables.toSorted((a, b) => b.rows - a.rows)
  const type = table && vectorType(vectorColumn(change, table)?.type)
  if (change.spec.options.verify?.query === undefined || table === undefined || type === undefined) return []
  const sql = searchSql(change, table, { at: quoteTable(table), type }, false)
  const vector = `[1${',0'.repeat(type.dimensions - 1)}]`
  try {
    await look.tables.read(async (q) => {
      await q.script(vectorPath)
      await explain(q, sql, vector, false)
    })
    return []
  } catch (cause) {
    const said = refusal(cause)
    if (said === undefined) throw cause
    const asked = change.spec.options.verify.queryBefore === undefined ? 'query' : 'queryBefore'
    return [
      new LockstepError('LS-2002', `verify.${asked} cannot be asked of ${printTable(table)} as it is: ${said}`, {
        where: { name: printTable(table) },
        hint: 'say in verify.queryBefore how the app asks now, and in verify.query how it will ask the new vectors',
        cause,
      }),
    ]
  }
}
