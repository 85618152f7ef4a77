import { addedColumns, columnsOf } from '../../../sql/alterations.ts'
import { tableName, typeArguments, typeName } from '../../../sql/names.ts'
import { asNode, nodesIn } from '../../../sql/tree.ts'
import { before } from '../../sql/flow.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const indexDimLimit = defineSqlRule({
  name: 'index-dim-limit',
  summary: 'An indexed vector has no more dimensions than the index takes',
  severity: 'error',
  inBodies: 'too',
  why: 'hnsw and ivfflat take 2,000 dimensions of a vector, 4,000 of a halfvec: the build fails',
  fix: 'index (embedding::halfvec(3072)), or keep halfvec, or fewer dimensions',
  on: {
    IndexStmt({ accessMethod, relation, indexParams }, at) {
      if (accessMethod !== 'hnsw' && accessMethod !== 'ivfflat') return undefined
      const table = tableName(relation)
      const known = before(at).flatMap(({ node }) => {
        const create = asNode(node, 'CreateStmt')
        const alter = asNode(node, 'AlterTableStmt')
        if (tableName(create?.relation ?? alter?.relation) !== table) return []
        return create === undefined ? (alter === undefined ? [] : addedColumns(alter)) : columnsOf(create)
      })
      return nodesIn(indexParams, 'IndexElem').flatMap(({ name, expr }) => {
        const type = asNode(expr, 'TypeCast')?.typeName ?? known.find(({ colname }) => colname === name)?.typeName
        const [size = 0] = typeArguments(type)
        const limit = typeName(type) === 'halfvec' ? 4000 : typeName(type) === 'vector' ? 2000 : Infinity
        return size > limit
          ? [{ message: `${name ?? 'it'} has ${size} dimensions, and an index of ${typeName(type)} takes ${limit}` }]
          : []
      })
    },
  },
})
