import type { RangeVar } from 'libpg-query'
import { defineSqlRule } from '../sql-rule.ts'
import type { Found } from '../sql-rule.ts'

export const enumRemove = defineSqlRule({
  name: 'enum-remove',
  summary: 'A value of an enum is not taken out',
  severity: 'error',
  why: 'Postgres has no way to remove one, and rows and indexes that hold it become unreadable when the catalog is changed by hand',
  fix: 'stop writing it, convert the rows, and leave the value unused, or move to a table of values',
  on: { DeleteStmt: check, UpdateStmt: check },
})

function check({ relation }: { readonly relation?: RangeVar }): Found {
  if (relation?.relname !== 'pg_enum') return undefined
  return { message: 'pg_enum is changed by hand' }
}
