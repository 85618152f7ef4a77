import { listedName, shown, tableName } from '../../../sql/names.ts'
import { asNode } from '../../../sql/tree.ts'
import { before, isNew } from '../../sql/flow.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const createTableForce = defineSqlRule({
  name: 'create-table-force',
  summary: 'A table is not dropped to be made again',
  severity: 'error',
  why: 'where the table was there, its rows are gone without a word',
  fix: 'take the DROP TABLE out; change the table that is there',
  on: {
    CreateStmt({ relation }, at) {
      const table = tableName(relation)
      const dropped = before(at).some(({ node }) => {
        const drop = asNode(node, 'DropStmt')
        return drop?.removeType === 'OBJECT_TABLE' && (drop.objects ?? []).map(listedName).includes(table)
      })
      if (!dropped || relation?.relpersistence === 't' || isNew(at, table)) return undefined
      return { message: `${shown(table)} is dropped and made again, empty` }
    },
  },
  inBodies: 'too',
})
