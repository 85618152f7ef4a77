import { columnPath, operatorName } from '../../../sql/names.ts'
import { asNode, findNodes } from '../../../sql/tree.ts'
import type { At } from '../../sql/flow.ts'
import { defineSqlRule } from '../sql-rule.ts'
import type { Found } from '../sql-rule.ts'

export const selfComparison = defineSqlRule({
  name: 'self-comparison',
  summary: 'No value is compared with itself',
  severity: 'error',
  why: 'it is true for every row that is not NULL: in a function, a column of the same name hides the parameter',
  fix: 'give the parameter another name (p_table_name), or write it with the name of the function (f.table_name)',
  inBodies: 'too',
  ofDefinitions: true,
  on: { SelectStmt: check, UpdateStmt: check, DeleteStmt: check, InsertStmt: check },
})

function check(node: object, { statement }: At): Found {
  return findNodes(node, 'A_Expr').flatMap(({ kind, name, lexpr, rexpr, location }) => {
    const [left, right] = [asNode(lexpr, 'ColumnRef'), asNode(rexpr, 'ColumnRef')]
    if (kind !== 'AEXPR_OP' || left === undefined || right === undefined) return []
    const path = columnPath(left).join('.')
    if (path !== columnPath(right).join('.') || path === '') return []
    return [
      { message: `${path} ${operatorName(name)} ${path} compares a value with itself`, index: statement.at(location) },
    ]
  })
}
