import { family, userSchemas } from '../../sql/live.ts'
import { defineSqlRule } from '../sql-rule.ts'

const keyIn = (column: string): string => `substring(${column} from '[0-9a-f]{32}')`

/** Tables named by a tenant's key, by family; families of which nine in ten tenants have both belong together. */
const sql = `
with kept as (
  select n.nspname as schema, ${family('t.relname')} as family, ${keyIn('t.relname::text')} as key
    from pg_catalog.pg_class t join pg_catalog.pg_namespace n on n.oid = t.relnamespace
   where t.relkind in ('r', 'p') and t.relname::text ~ '[0-9a-f]{32}' and ${userSchemas('n.nspname')}
), families as (
  select schema, family, count(*) as size from kept group by 1, 2
), pairs as (
  select a.schema, a.family, b.family as other, fa.size, count(*) as both
    from kept a
    join kept b on b.schema = a.schema and b.key = a.key and b.family <> a.family
    join families fa on fa.schema = a.schema and fa.family = a.family
    join families fb on fb.schema = b.schema and fb.family = b.family
   group by 1, 2, 3, 4, fb.size
  having count(*) * 10 >= 9 * least(fa.size, fb.size) and fa.size > 1 and fb.size > 1
)
select p.schema || '.' || p.family as name, (p.size - p.both)::int4 as count,
       p.other || ', as ' || (select min(k.key) from kept k where k.schema = p.schema and k.family = p.family
                                and not exists (select from kept o where o.schema = p.schema and o.family = p.other and o.key = k.key)) as detail
  from pairs p where p.size > p.both
 order by 1, 3 limit 200`

export const orphanTable = defineSqlRule({
  name: 'orphan-table',
  summary: 'A tenant has all of its tables, or none',
  severity: 'warning',
  why: 'somebody was provisioned by half, or went away and left a table: whoever goes through one family misses what is in the other',
  fix: 'find out whose they are; make what is missing with the provisioning function, or back up and drop what is left',
  live: {
    sql,
    spot: ({ name, count, detail }) => ({
      where: name,
      message: `${count} ${count === 1 ? 'table' : 'tables'} ${name} without ${detail ?? ''}`,
    }),
  },
})
