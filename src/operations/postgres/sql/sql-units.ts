import { LockstepError } from '../../../kernel/errors.ts'
import { printTable, quoteLiteral, quoteTable } from '../../../kernel/identifiers.ts'
import type { Queryable } from '../../../stores/tables.ts'
import type { SqlSpec } from './sql.ts'
import { saidBy } from '../../../stores/tables.ts'

/** What the SQL is run for at once: the database, or one tenant's table. */
export interface SqlUnit {
  readonly name: string
  readonly up: readonly string[]
  readonly down: readonly string[]
  readonly verify: string
}

/** The name of the only unit of a step on the whole database. */
export const database = 'database'

export function databaseUnit({ up, down, verify }: SqlSpec): SqlUnit {
  return { name: database, up, down, verify }
}

/** The SQL with the table and the key filled in. */
export function tableUnit(
  { up, down, verify }: SqlSpec,
  table: { readonly schema: string; readonly name: string; readonly key: string },
): SqlUnit {
  const fill = (text: string): string => filled(text, table)
  return { name: printTable(table), up: up.map(fill), down: down.map(fill), verify: fill(verify) }
}

/** The text with the quoted name of the table and its key as a literal. */
export function filled(
  text: string,
  table: { readonly schema: string; readonly name: string; readonly key: string },
): string {
  return text.replaceAll('{table}', () => quoteTable(table)).replaceAll('{key}', () => quoteLiteral(table.key))
}

/** Whether the check finds nothing any more. Throws LS-3005 naming the check where Postgres refuses it. */
export async function isDone(q: Queryable, unit: SqlUnit): Promise<boolean> {
  const text = unit.verify.trim().replace(/;+$/, '')
  try {
    const rows = await q.query(`select 1 from (${text}\n) as lockstep_check limit 1`)
    return rows.length === 0
  } catch (cause) {
    throw new LockstepError('LS-3005', `verify of sql on ${unit.name}: ${saidBy(cause)}`, {
      where: { name: unit.name },
      hint: 'it has to be one SELECT that can be run before and after up',
      cause,
    })
  }
}
