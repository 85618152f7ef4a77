import { commandsOf } from '../../../sql/alterations.ts'
import { shown, tableName } from '../../../sql/names.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const dropNotNull = defineSqlRule({
  name: 'drop-not-null',
  summary: 'Readers can live with NULL before a column may be NULL',
  severity: 'warning',
  sparesNew: true,
  why: 'released clients that take the value for granted meet NULL',
  fix: 'release readers that know NULL first, and accept the rule with the version that does',
  on: {
    AlterTableStmt(alter) {
      const table = tableName(alter.relation)
      return commandsOf(alter, 'AT_DropNotNull').map(({ name }) => ({
        message: `${name} of ${shown(table)} may be NULL from now on`,
        table,
      }))
    },
  },
})
