import { listedName } from '../../../sql/names.ts'
import { asNode } from '../../../sql/tree.ts'
import { before } from '../../sql/flow.ts'
import { family, plural, userSchemas } from '../../sql/live.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const invalidIndexLeftover = defineSqlRule({
  name: 'invalid-index-leftover',
  summary: 'A concurrent build that failed leaves an invalid index, which IF NOT EXISTS takes for a good one',
  severity: 'warning',
  why: 'a concurrent build that fails leaves an index that no query uses and every write pays for; IF NOT EXISTS then skips the build without a word',
  fix: 'DROP INDEX CONCURRENTLY IF EXISTS first, then build without IF NOT EXISTS, and check indisvalid at the end',
  on: {
    IndexStmt(index, at) {
      if (index.concurrent !== true || index.if_not_exists !== true) return undefined
      const dropped = before(at).some(({ node }) => {
        const drop = asNode(node, 'DropStmt')
        const names = (drop?.objects ?? []).map((each) => listedName(each).split('.').at(-1))
        return drop?.removeType === 'OBJECT_INDEX' && names.includes(index.idxname)
      })
      if (dropped) return undefined
      return {
        message: `where an earlier build of ${index.idxname ?? 'the index'} failed, this does nothing and reports success`,
      }
    },
  },
  live: {
    sql: `select ${family('i.relname')} as name, count(*)::int4 as count, min(t.relname) as detail
            from pg_catalog.pg_index x
            join pg_catalog.pg_class i on i.oid = x.indexrelid
            join pg_catalog.pg_class t on t.oid = x.indrelid
            join pg_catalog.pg_namespace n on n.oid = t.relnamespace
           where not x.indisvalid and t.relkind = 'r' and ${userSchemas('n.nspname')}
             and not exists (select 1 from pg_catalog.pg_stat_progress_create_index p where p.index_relid = i.oid)
           group by 1 order by 1 limit 200`,
    spot: ({ name, count, detail }) => ({
      where: name,
      message: `${plural(count, 'invalid index', 'invalid indexes')} ${name}, as on ${detail}: a concurrent build failed or was cancelled`,
      severity: 'error',
    }),
  },
})
