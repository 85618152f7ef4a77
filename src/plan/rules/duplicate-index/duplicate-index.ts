import type { IndexStmt } from 'libpg-query'
import { listedName, tableName } from '../../../sql/names.ts'
import { asNode, printTree } from '../../../sql/tree.ts'
import { before } from '../../sql/flow.ts'
import type { At } from '../../sql/flow.ts'
import { family, plural, userSchemas } from '../../sql/live.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const duplicateIndex = defineSqlRule({
  name: 'duplicate-index',
  summary: 'No two indexes are the same',
  severity: 'warning',
  why: 'every write keeps both up, and no query gains by it',
  fix: 'drop one of them concurrently',
  on: {
    IndexStmt(index, at) {
      const print = shapeOf(index)
      const twin = before(at)
        .flatMap(({ node }) => asNode(node, 'IndexStmt') ?? [])
        .find((each) => shapeOf(each) === print && !isDropped(at, each))
      return twin === undefined
        ? undefined
        : { message: `${index.idxname ?? 'it'} is the same index as ${twin.idxname ?? 'the one before'}` }
    },
  },
  live: {
    sql: `select n.nspname || '.' || ${family('t.relname')} as name, count(*)::int4 as count, min(twins) as detail
            from (select i.indrelid, string_agg(${family('c.relname')}, ', ' order by c.relname) as twins
                    from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid
                   where i.indisvalid
                   group by i.indrelid, i.indkey, i.indclass, i.indcollation, i.indoption, i.indisunique,
                            pg_get_expr(i.indexprs, i.indrelid), pg_get_expr(i.indpred, i.indrelid), c.relam
                  having count(*) > 1) d
            join pg_catalog.pg_class t on t.oid = d.indrelid
            join pg_catalog.pg_namespace n on n.oid = t.relnamespace
           where ${userSchemas('n.nspname')}
           group by 1 order by 1 limit 200`,
    spot: ({ name, count, detail }) => ({
      where: name,
      message: `${plural(count, 'table', 'tables')} ${name} with the same index twice: ${detail}`,
    }),
  },
})

function shapeOf({
  relation,
  accessMethod,
  indexParams,
  indexIncludingParams,
  whereClause,
  unique,
}: IndexStmt): string {
  return printTree([tableName(relation), accessMethod, indexParams, indexIncludingParams, whereClause, unique])
}

function isDropped(at: At, { idxname }: IndexStmt): boolean {
  return before(at).some(({ node }) => {
    const drop = asNode(node, 'DropStmt')
    return (
      drop?.removeType === 'OBJECT_INDEX' &&
      (drop.objects ?? []).some((each) => listedName(each).endsWith(`.${idxname}`))
    )
  })
}
