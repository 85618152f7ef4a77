import { addedColumns, columnConstraints } from '../../../sql/alterations.ts'
import { shown, tableName, typeName } from '../../../sql/names.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const serialOrIdentityOnExisting = defineSqlRule({
  name: 'serial-or-identity-on-existing',
  summary: 'A counting column is not added to a table in use',
  severity: 'error',
  sparesNew: true,
  sparesSmall: true,
  why: 'every row gets a number, so the whole table is written anew while nobody can read or write',
  fix: 'add a plain column and a sequence, SET DEFAULT nextval(…) for new rows, backfill in batches, then make it the identity',
  on: {
    AlterTableStmt(alter) {
      const table = tableName(alter.relation)
      return addedColumns(alter)
        .filter(
          (column) =>
            columnConstraints(column, 'CONSTR_IDENTITY').length > 0 ||
            /^(small|big)?serial\d?$/.test(typeName(column.typeName)),
        )
        .map(({ colname }) => ({ message: `numbering ${colname} rewrites ${shown(table)}`, table }))
    },
  },
})
