import { addedConstraints, commandsOf } from '../../../sql/alterations.ts'
import { shown, tableName } from '../../../sql/names.ts'
import { asNode } from '../../../sql/tree.ts'
import { columnNames } from '../../sql/conditions.ts'
import { before } from '../../sql/flow.ts'
import type { At } from '../../sql/flow.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const checkOnRetypedColumn = defineSqlRule({
  name: 'check-on-retyped-column',
  summary: 'A column that changes its type has no check that is held against every row again',
  severity: 'warning',
  sparesNew: true,
  sparesSmall: true,
  why: 'a change of type holds each check and foreign key of the column against every row again, under the lock',
  fix: 'drop the constraint before, and add it again NOT VALID afterwards, then validate it',
  on: {
    AlterTableStmt(alter, at) {
      const table = tableName(alter.relation)
      return commandsOf(alter, 'AT_AlterColumnType').flatMap(({ name }) =>
        checksOn(at, table, name ?? '').map((check) => ({
          message: `${check} is held against every row of ${shown(table)} again as ${name} changes its type`,
          table,
        })),
      )
    },
  },
})

/** Names of the checks that the scripts so far have added to the table and not dropped. */
function checksOn(at: At, table: string, column: string): readonly string[] {
  const names = new Set<string>()
  for (const { node } of [...at.earlier.flatMap(({ flow }) => flow), ...before(at)]) {
    const alter = asNode(node, 'AlterTableStmt')
    if (alter === undefined || tableName(alter.relation) !== table) continue
    for (const { constraint } of addedConstraints(alter, 'CONSTR_CHECK')) {
      if (columnNames(constraint.raw_expr).has(column)) names.add(constraint.conname ?? 'a check')
    }
    for (const { name } of commandsOf(alter, 'AT_DropConstraint')) names.delete(name ?? '')
  }
  return [...names]
}
