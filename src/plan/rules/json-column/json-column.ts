import type { ColumnDef } from 'libpg-query'
import { addedColumns, columnsOf } from '../../../sql/alterations.ts'
import { typeName } from '../../../sql/names.ts'
import type { At } from '../../sql/flow.ts'
import { replaceAt } from '../../sql/words.ts'
import { defineSqlRule } from '../sql-rule.ts'
import type { Spot } from '../sql-rule.ts'

export const jsonColumn = defineSqlRule({
  name: 'json-column',
  summary: 'JSON is kept as jsonb',
  severity: 'warning',
  why: 'json has no equality, so DISTINCT, UNION and GROUP BY over the row fail, and no index helps',
  fix: 'use jsonb',
  on: {
    AlterTableStmt: (alter, at) => addedColumns(alter).flatMap((column) => check(column, at)),
    CreateStmt: (create, at) => columnsOf(create).flatMap((column) => check(column, at)),
  },
  inBodies: 'too',
})

function check({ colname, typeName: type }: ColumnDef, at: At): readonly Spot[] {
  if (typeName(type) !== 'json') return []
  const index = at.statement.at(type?.location)
  return [{ message: `${colname} is of type json`, index, edits: replaceAt(at, index, 'jsonb') }]
}
