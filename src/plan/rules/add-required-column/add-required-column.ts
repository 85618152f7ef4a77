import type { ColumnDef, Constraint } from 'libpg-query'
import { addedColumns, columnConstraints } from '../../../sql/alterations.ts'
import { shown, tableName, typeName } from '../../../sql/names.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const addRequiredColumn = defineSqlRule({
  name: 'add-required-column',
  summary: 'A new column is not required without a default',
  severity: 'error',
  sparesNew: true,
  why: 'it fails where the table has rows, and afterwards every INSERT of an app that does not know the column fails',
  fix: 'give it a constant default, or add it nullable, backfill, and require it in a later migration',
  on: {
    AlterTableStmt(alter) {
      const table = tableName(alter.relation)
      return addedColumns(alter)
        .filter((column) => isRequired(column))
        .map(({ colname }) => ({ message: `${colname} of ${shown(table)} is required and has no default`, table }))
    },
  },
})

function isRequired(column: ColumnDef): boolean {
  const has = (contype: Constraint['contype']): boolean => columnConstraints(column, contype).length > 0
  if (has('CONSTR_DEFAULT') || has('CONSTR_GENERATED') || has('CONSTR_IDENTITY')) return false
  return (has('CONSTR_NOTNULL') || has('CONSTR_PRIMARY')) && !/^(small|big)?serial\d?$/.test(typeName(column.typeName))
}
