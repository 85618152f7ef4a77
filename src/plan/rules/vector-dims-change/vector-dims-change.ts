import { commandsOf } from '../../../sql/alterations.ts'
import { printType, shown, tableName, typeArguments, typeName } from '../../../sql/names.ts'
import { asNode } from '../../../sql/tree.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const vectorDimsChange = defineSqlRule({
  name: 'vector-dims-change',
  summary: 'Embeddings of another size are computed anew, beside the old ones',
  severity: 'error',
  sparesNew: true,
  why: 'a vector cannot be cast to another number of dimensions: the statement fails on the first row, or empties the column',
  fix: 'a new column, embedded anew in batches, its own index, then the search function (postgres.resizeEmbeddings)',
  on: {
    AlterTableStmt(alter) {
      const table = tableName(alter.relation)
      return commandsOf(alter, 'AT_AlterColumnType').flatMap(({ name, def }) => {
        const type = asNode(def, 'ColumnDef')?.typeName
        return /^(vector|halfvec)$/.test(typeName(type)) && typeArguments(type).length > 0
          ? [{ message: `${name} of ${shown(table)} becomes ${printType(type)}`, table }]
          : []
      })
    },
  },
})
