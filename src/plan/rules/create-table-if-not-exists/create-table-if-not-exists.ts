import { shown, tableName } from '../../../sql/names.ts'
import { isNew } from '../../sql/flow.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const createTableIfNotExists = defineSqlRule({
  name: 'create-table-if-not-exists',
  summary: 'IF NOT EXISTS takes a table of any shape for the right one',
  severity: 'note',
  why: 'where a table of that name is there with other columns, nothing happens and nothing is said',
  fix: 'compare the shape, not only the name: lockstep plan does, and so does a check of information_schema.columns',
  on: {
    CreateStmt({ relation, if_not_exists }, at) {
      if (if_not_exists !== true || isNew(at, tableName(relation))) return undefined
      return { message: `a table ${shown(tableName(relation))} of any other shape would be taken for a success` }
    },
  },
  inBodies: 'too',
})
