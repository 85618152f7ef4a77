import { commandsOf } from '../../../sql/alterations.ts'
import { printType, shown, tableName, typeName } from '../../../sql/names.ts'
import { asNode } from '../../../sql/tree.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const columnTypeRewrite = defineSqlRule({
  name: 'column-type-rewrite',
  summary: 'A column gets a new type through a new column',
  severity: 'error',
  sparesNew: true,
  sparesSmall: true,
  why: 'most changes of type write the table and its indexes anew while nobody can read or write, and break clients that know the old type',
  fix: 'add a column of the new type, keep both in step by a trigger, backfill in batches, and switch readers (postgres.convertColumn); widening varchar or turning it to text is harmless',
  on: {
    AlterTableStmt(alter) {
      const table = tableName(alter.relation)
      return commandsOf(alter, 'AT_AlterColumnType').flatMap(({ name, def }) => {
        const column = asNode(def, 'ColumnDef')
        if (column?.raw_default === undefined && isHarmless(typeName(column?.typeName))) return []
        return [
          {
            message: `${name} of ${shown(table)} becomes ${printType(column?.typeName)}, which may rewrite the table`,
            table,
          },
        ]
      })
    },
  },
})

/** Types that the usual narrower ones become without being written anew. */
function isHarmless(type: string): boolean {
  return type === 'text' || type === 'varchar' || type === 'citext'
}
