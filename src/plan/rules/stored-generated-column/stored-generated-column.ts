import { addedColumns, columnConstraints } from '../../../sql/alterations.ts'
import { shown, tableName } from '../../../sql/names.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const storedGeneratedColumn = defineSqlRule({
  name: 'stored-generated-column',
  summary: 'A stored generated column is not added to a table in use',
  severity: 'error',
  sparesNew: true,
  sparesSmall: true,
  why: 'the whole table and its indexes are written anew while nobody can read or write',
  fix: 'add a plain column, a trigger that fills it, and backfill it in batches',
  on: {
    AlterTableStmt(alter) {
      const table = tableName(alter.relation)
      return addedColumns(alter)
        .filter((column) =>
          columnConstraints(column, 'CONSTR_GENERATED').some(({ generated_kind }) => generated_kind !== 'v'),
        )
        .map(({ colname }) => ({ message: `the stored column ${colname} rewrites ${shown(table)}`, table }))
    },
  },
})
