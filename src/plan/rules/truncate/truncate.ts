import { shown, tableName } from '../../../sql/names.ts'
import { nodesIn } from '../../../sql/tree.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const truncate = defineSqlRule({
  name: 'truncate',
  summary: 'No table is emptied by a migration',
  severity: 'error',
  sparesNew: true,
  why: 'the rows are gone without a trigger that could keep them, and CASCADE empties every table that refers to it as well',
  fix: 'save the rows, name each table that is to be emptied, leave out CASCADE',
  on: {
    TruncateStmt({ relations, behavior }) {
      return nodesIn(relations, 'RangeVar').map((relation) => ({
        message: `${shown(tableName(relation))} is emptied${behavior === 'DROP_CASCADE' ? ', and every table that refers to it' : ''}`,
        table: tableName(relation),
      }))
    },
  },
})
