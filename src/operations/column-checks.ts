import { LockstepError } from '../kernel/errors.ts'
import { printTable, quoteTable } from '../kernel/identifiers.ts'
import type { TableName } from '../kernel/identifiers.ts'
import { sqlState } from '../stores/tables.ts'
import { listed } from '../tenants/fleet.ts'
import type { Look } from './operation.ts'
import type { TableState } from './table-state.ts'

/** The column as the table has it, if it does. */
export function columnIn({ shape }: TableState, column: string): TableState['shape']['columns'][number] | undefined {
  return shape.columns.find(({ name }) => name === column)
}

/** LS-2122 for each column that some tables lack. */
export function missingColumns(tables: readonly TableState[], columns: readonly string[]): readonly LockstepError[] {
  return columns.flatMap((column) => {
    const without = tables.filter((table) => columnIn(table, column) === undefined)
    if (without.length === 0) return []
    const message = `column "${column}" does not exist in ${without.length} of ${tables.length} tables`
    return [
      new LockstepError('LS-2122', message, {
        where: { name: listed(without.map(printTable)) },
        hint: 'write its name as it is stored, or add it first, in a migration before this one',
      }),
    ]
  })
}

export interface CheckedSql {
  /** For people: `the condition`. */
  readonly what: string
  readonly sql: string
  readonly type: 'boolean' | 'any'
}

/** LS-2108 for each text that the server cannot read as an expression over a row of the table. */
export async function checkSql(
  look: Look,
  table: TableName,
  texts: readonly CheckedSql[],
): Promise<readonly LockstepError[]> {
  const problems: LockstepError[] = []
  for (const { what, sql, type } of texts) {
    const from = `from ${quoteTable(table)} where`
    const asked = type === 'boolean' ? `${from} (${sql}) and false` : `(${sql}) ${from} false`
    try {
      await look.tables.read((q) => q.query(`select ${asked}`))
    } catch (cause) {
      if (!/^(42|22|0A)/.test(sqlState(cause) ?? '')) throw cause
      const message = `${what} is not one over rows of ${printTable(table)}: ${cause instanceof Error ? cause.message : ''}`
      problems.push(new LockstepError('LS-2108', message, { where: { name: sql }, cause }))
    }
  }
  return problems
}
