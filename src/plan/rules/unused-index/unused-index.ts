import { family, plural, userSchemas } from '../../sql/live.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const unusedIndex = defineSqlRule({
  name: 'unused-index',
  summary: 'An index that no query uses is known',
  severity: 'note',
  why: 'every write keeps it up',
  fix: 'look at every replica and over a whole month, then drop it concurrently',
  live: {
    sql: `select s.schemaname || '.' || ${family('s.indexrelname')} as name, count(*)::int4 as count,
                 pg_catalog.pg_size_pretty(sum(pg_catalog.pg_relation_size(s.indexrelid))) as detail
            from pg_catalog.pg_stat_user_indexes s
            join pg_catalog.pg_index i on i.indexrelid = s.indexrelid
           where s.idx_scan = 0 and not i.indisunique and i.indisvalid and ${userSchemas('s.schemaname')}
             and pg_catalog.pg_relation_size(s.indexrelid) > 1048576
           group by 1 order by sum(pg_catalog.pg_relation_size(s.indexrelid)) desc limit 50`,
    spot: ({ name, count, detail }) => ({
      where: name,
      message: `${plural(count, 'index', 'indexes')} ${name} (${detail}) not used since statistics began`,
    }),
  },
})
