import { commandsOf } from '../../../sql/alterations.ts'
import { shown, tableName } from '../../../sql/names.ts'
import { asNode } from '../../../sql/tree.ts'
import type { At } from '../../sql/flow.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const dropConstraint = defineSqlRule({
  name: 'drop-constraint',
  summary: 'A guarantee is given up with a reason',
  severity: 'warning',
  sparesNew: true,
  why: 'nothing says any more when rows break the rule, and getting it back means looking at all of them',
  fix: 'accept the rule with the reason, and keep the definition for the way back',
  on: {
    AlterTableStmt(alter, at) {
      const table = tableName(alter.relation)
      return commandsOf(alter, 'AT_DropConstraint')
        .filter(({ name }) => !isOwn(at, table, name ?? ''))
        .map(({ name }) => ({ message: `${name} no longer holds for ${shown(table)}`, table }))
    },
  },
})

/** Added by the scripts themselves as a help, or replaced. */
function isOwn(at: At, table: string, constraint: string): boolean {
  return [...at.earlier.flatMap(({ flow }) => flow), ...at.flow].some(({ node }) => {
    const alter = asNode(node, 'AlterTableStmt')
    if (alter === undefined || tableName(alter.relation) !== table) return false
    return commandsOf(alter, 'AT_AddConstraint').some(({ def }) => asNode(def, 'Constraint')?.conname === constraint)
  })
}
