import type { RangeVar } from 'libpg-query'
import { columnPath, tableName } from '../../../sql/names.ts'
import { asNode, findNodes } from '../../../sql/tree.ts'
import type { At } from '../../sql/flow.ts'
import { functionHead } from '../../sql/functions.ts'
import { columnsOfTable } from '../../sql/tables.ts'
import { defineSqlRule } from '../sql-rule.ts'
import type { Found } from '../sql-rule.ts'

export const ambiguousColumn = defineSqlRule({
  name: 'ambiguous-column',
  summary: 'No parameter has the name of a column that its function reads',
  severity: 'warning',
  why: 'in SQL the column is meant, without a word; in PL/pgSQL the call fails (42702)',
  fix: 'give the parameter another name (p_name), or put table and function before the names',
  inBodies: 'only',
  ofDefinitions: true,
  on: { SelectStmt: check, UpdateStmt: check, DeleteStmt: check },
})

function check(node: object, at: At): Found {
  const owner = asNode(at.owner?.node, 'CreateFunctionStmt')
  if (owner === undefined) return undefined
  const tables = findNodes({ it: node }, 'RangeVar').map(tableName)
  const relation = 'relation' in node ? [tableName(node.relation as RangeVar)] : []
  const columns = [...tables, ...relation].flatMap((table) => [
    ...columnsOfTable(table, [...at.earlier, at.script], at.facts),
  ])
  const parameters = functionHead(owner).parameters.filter((name) => columns.includes(name))
  const refs = findNodes(node, 'ColumnRef').filter((ref) => columnPath(ref).length === 1)
  return parameters.flatMap((name) => {
    const ref = refs.find((each) => columnPath(each)[0] === name)
    return ref === undefined
      ? []
      : [{ message: `${name} is a parameter and a column`, index: at.statement.at(ref.location) }]
  })
}
