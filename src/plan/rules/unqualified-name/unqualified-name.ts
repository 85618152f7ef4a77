import type { RangeVar } from 'libpg-query'
import { stringsOf } from '../../../sql/names.ts'
import { defineSqlRule } from '../sql-rule.ts'
import type { Found } from '../sql-rule.ts'

export const unqualifiedName = defineSqlRule({
  name: 'unqualified-name',
  summary: 'Tables and functions are named with their schema',
  severity: 'warning',
  optIn: true,
  why: 'which one is meant hangs on the search_path of whoever runs the script',
  fix: 'write the schema before the name',
  on: {
    CreateStmt: ({ relation }) => check(relation),
    AlterTableStmt: ({ relation }) => check(relation),
    IndexStmt: ({ relation }) => check(relation),
    UpdateStmt: ({ relation }) => check(relation),
    DeleteStmt: ({ relation }) => check(relation),
    CreateFunctionStmt: ({ funcname }) =>
      stringsOf(funcname).length === 1 ? { message: `${stringsOf(funcname)[0]} has no schema` } : undefined,
  },
})

function check(relation: RangeVar | undefined): Found {
  if (relation === undefined || relation.schemaname !== undefined || relation.relpersistence === 't') return undefined
  return { message: `${relation.relname} has no schema` }
}
