import { commandsOf } from '../../../sql/alterations.ts'
import { shown, tableName } from '../../../sql/names.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const dropColumn = defineSqlRule({
  name: 'drop-column',
  summary: 'A column is dropped when nobody reads it any more',
  severity: 'error',
  sparesNew: true,
  why: 'its values are gone, and released clients and prepared queries that name it fail at once',
  fix: 'stop reading and writing it, let old clients go, keep its values, and drop it in a migration of its own (postgres.dropColumn keeps them until complete)',
  on: {
    AlterTableStmt(alter) {
      const table = tableName(alter.relation)
      return commandsOf(alter, 'AT_DropColumn').map(({ name }) => ({
        message: `${name} of ${shown(table)} is dropped with its values`,
        table,
      }))
    },
  },
})
