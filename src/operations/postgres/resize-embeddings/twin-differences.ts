import { quoteLiteral, quoteTable } from '../../../kernel/identifiers.ts'
import type { Queryable } from '../../../stores/tables.ts'
import type { TableState } from '../../table-state.ts'
import { nextSchema, twinIn } from './vector-change.ts'
import type { VectorChange } from './vector-change.ts'

/** SQL of everything the catalog says of a table that its twin must say too, one text each. */
const said = (oid: string, column: string): string => `
  select concat_ws(' ', 'column', a.attname, case when a.attname = ${column} then '' else format_type(a.atttypid, a.atttypmod) end,
                   case when a.attname <> ${column} and a.attnotnull then 'not null' end, case when a.attname <> ${column} then pg_get_expr(d.adbin, d.adrelid) end,
                   a.attidentity::text, a.attgenerated::text, a.attacl::text, col_description(a.attrelid, a.attnum)) as what
  from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attrelid = ${oid} and a.attnum > 0 and not a.attisdropped
  union all
  select concat_ws(' ', 'constraint', k.conname, pg_get_constraintdef(k.oid)) from pg_constraint k where k.conrelid = ${oid} and k.contype in ('p', 'u', 'x', 'c')
  union all
  select concat_ws(' ', 'index', i.relname, x.indisunique::text, substr(pg_get_indexdef(i.oid), strpos(pg_get_indexdef(i.oid), ' USING ')))
  from pg_index x join pg_class i on i.oid = x.indexrelid join pg_am m on m.oid = i.relam where x.indrelid = ${oid} and m.amname not in ('hnsw', 'ivfflat')
  union all
  select concat_ws(' ', 'policy', p.polname, p.polcmd::text, p.polpermissive::text, p.polroles::text, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
  from pg_policy p where p.polrelid = ${oid}
  union all
  select concat_ws(' ', 'settings', c.relowner::text, c.relrowsecurity::text, c.relforcerowsecurity::text, c.relreplident::text, c.reloptions::text, obj_description(c.oid, 'pg_class'))
  from pg_class c where c.oid = ${oid}
  union all
  select concat_ws(' ', 'grant', x.grantee::text, x.privilege_type, x.is_grantable::text)
  from pg_class c cross join aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) x where c.oid = ${oid}`

/** What the catalog says of a table and not of its twin, or the other way round; the vectors' type and index apart. */
export async function twinDifferences(
  q: Queryable,
  { column }: VectorChange,
  table: TableState,
): Promise<readonly string[]> {
  const [here, there] = [quoteTable(table), twinIn(nextSchema, table)].map((name) => `${quoteLiteral(name)}::regclass`)
  const name = quoteLiteral(column)
  const rows = await q.query<{ what: string }>(
    `with here as (${said(here ?? '', name)}), there as (${said(there ?? '', name)})
     (select what from here except all select what from there) union all (select what from there except all select what from here) limit 10`,
  )
  return rows.map(({ what }) => what)
}
