import { family, plural, userSchemas } from '../../sql/live.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const tableBloat = defineSqlRule({
  name: 'table-bloat',
  summary: 'A table that is mostly dead rows is known',
  severity: 'note',
  why: 'every scan reads the dead rows along, and autovacuum does not keep up',
  fix: 'VACUUM (ANALYZE) it, look for old transactions, and let autovacuum come sooner for this table',
  live: {
    sql: `select s.schemaname || '.' || ${family('s.relname')} as name, count(*)::int4 as count, sum(s.n_dead_tup)::text as detail
            from pg_catalog.pg_stat_user_tables s
           where s.n_dead_tup > 10000 and s.n_dead_tup > s.n_live_tup and ${userSchemas('s.schemaname')}
           group by 1 order by sum(s.n_dead_tup) desc limit 50`,
    spot: ({ name, count, detail }) => ({
      where: name,
      message: `${plural(count, 'table', 'tables')} ${name} with ${detail} dead rows, more than live ones`,
    }),
  },
})
