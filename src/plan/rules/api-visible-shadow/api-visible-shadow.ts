import { addedColumns } from '../../../sql/alterations.ts'
import { tableName } from '../../../sql/names.ts'
import type { At } from '../../sql/flow.ts'
import { schemaOf } from '../../sql/schemas.ts'
import { isServed } from '../../sql/sql-facts.ts'
import { defineSqlRule } from '../sql-rule.ts'
import type { Spot } from '../sql-rule.ts'

export const apiVisibleShadow = defineSqlRule({
  name: 'api-visible-shadow',
  summary: 'What is only for the way over is not served',
  severity: 'note',
  why: 'REST and GraphQL show every table and column of a served schema, so clients begin to use what will go again',
  fix: 'put it into a schema that is not served, or grant columns one by one',
  on: {
    CreateStmt: ({ relation }, at) => check(tableName(relation), relation?.relname ?? '', at),
    AlterTableStmt: (alter, at) =>
      addedColumns(alter).flatMap(({ colname }) => check(tableName(alter.relation), colname ?? '', at)),
  },
})

function check(table: string, name: string, at: At): readonly Spot[] {
  if (schemaOf(table) !== 'public' || !/_(new|old|tmp|temp|backup|bak|copy|shadow|v\d+)$/.test(name) || !isServed(at))
    return []
  return [{ message: `${name} looks like something for the way over, and is served` }]
}
