import { isStandIn } from '../../../sql/dynamic-sql.ts'
import { tableName } from '../../../sql/names.ts'
import { isNew } from '../../sql/flow.ts'
import { family, plural, userSchemas } from '../../sql/live.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const ivfflatOnEmpty = defineSqlRule({
  name: 'ivfflat-on-empty',
  summary: 'An ivfflat index is built on rows',
  severity: 'error',
  inBodies: 'too',
  why: 'its lists are centred on the rows that are there when it is built: on none, searches miss most of what they should find, and the empty index takes 1.6 MB at 1536 dimensions',
  fix: 'use hnsw, or no index below a few thousand rows; docs/guides/tenants.md has the migration for tenants’ tables',
  on: {
    IndexStmt({ accessMethod, relation, idxname }, at) {
      if (accessMethod !== 'ivfflat') return undefined
      const table = tableName(relation)
      const rows = at.facts.rows(table)
      const empty = isNew(at, table) || at.statement.origin === 'function' || (rows !== undefined && rows < 1000)
      return empty
        ? {
            message: `${isStandIn(idxname) ? 'the ivfflat index' : (idxname ?? 'the ivfflat index')} is built on a table without rows`,
          }
        : undefined
    },
  },
  live: {
    sql: `select n.nspname || '.' || ${family('t.relname')} as name, count(*)::int4 as count,
                 max(greatest(t.reltuples, 0))::int8::text || ' rows at most, '
                   || pg_catalog.pg_size_pretty(sum(pg_catalog.pg_relation_size(i.indexrelid))) || ' of indexes' as detail
            from pg_catalog.pg_index i
            join pg_catalog.pg_class c on c.oid = i.indexrelid
            join pg_catalog.pg_am a on a.oid = c.relam
            join pg_catalog.pg_class t on t.oid = i.indrelid
            join pg_catalog.pg_namespace n on n.oid = t.relnamespace
           where a.amname = 'ivfflat' and t.reltuples < 1000 and ${userSchemas('n.nspname')}
           group by 1 order by 1 limit 200`,
    spot: ({ name, count, detail }) => ({
      where: name,
      message: `${plural(count, 'ivfflat index', 'ivfflat indexes')} on ${name} with next to no rows (${detail})`,
    }),
  },
})
