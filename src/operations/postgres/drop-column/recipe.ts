import { z } from 'zod'
import { quoteTable } from '../../../kernel/identifiers.ts'
import type { TableName } from '../../../kernel/identifiers.ts'
import type { Queryable } from '../../../stores/tables.ts'

/** How a column was made: the statements before its values are put back, and those after. */
export const recipeForm = z.object({ before: z.array(z.string()), after: z.array(z.string()) })
export type Recipe = z.infer<typeof recipeForm>

/** The statements that make a column again as it is, with all that goes when it is dropped. */
export async function recipeOf(q: Queryable, table: TableName, column: string): Promise<Recipe> {
  const [row] = await q.query<Recipe>(recipeStatement, [quoteTable(table), column])
  return row ?? { before: [], after: [] }
}

const recipeStatement = `
with c as (
  select a.*, $1::text as t, pg_catalog.quote_ident(a.attname) as name, y.typstorage, y.typcollation
  from pg_catalog.pg_attribute a join pg_catalog.pg_type y on y.oid = a.atttypid
  where a.attrelid = $1::pg_catalog.regclass and a.attname = $2 and not a.attisdropped
), own as (
  select d.classid, d.objid from pg_catalog.pg_depend d join c on d.refobjid = c.attrelid and d.refobjsubid = c.attnum
  where d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
), made as (
  select 1 as n, pg_catalog.format('alter table %s add column %s %s%s', c.t, c.name, pg_catalog.format_type(c.atttypid, c.atttypmod),
           case when c.attcollation <> 0 and c.attcollation <> c.typcollation
                then (select pg_catalog.format(' collate %I.%I', n.nspname, l.collname) from pg_catalog.pg_collation l
                      join pg_catalog.pg_namespace n on n.oid = l.collnamespace where l.oid = c.attcollation) else '' end) as sql from c
  union all
  select 2, pg_catalog.format('alter table %s alter column %s set storage %s', c.t, c.name,
           case c.attstorage when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' else 'extended' end)
  from c where c.attstorage <> c.typstorage
  union all
  select 3, pg_catalog.format('alter table %s alter column %s set (%s)', c.t, c.name, string_agg(o, ', '))
  from c cross join lateral unnest(c.attoptions) o where o !~ '^pg_' group by c.t, c.name
  union all
  select 4, pg_catalog.format('alter table %s alter column %s set statistics %s', c.t, c.name, c.attstattarget)
  from c where c.attstattarget >= 0
  union all
  select 5, pg_catalog.format('comment on column %s.%s is %L', c.t, c.name, pg_catalog.col_description(c.attrelid, c.attnum))
  from c where pg_catalog.col_description(c.attrelid, c.attnum) is not null
  union all
  select 6, pg_catalog.format('grant %s (%s) on table %s to %s%s', x.privilege_type, c.name, c.t,
           case when x.grantee = 0 then 'public' else pg_catalog.quote_ident(r.rolname) end,
           case when x.is_grantable then ' with grant option' else '' end)
  from c cross join lateral pg_catalog.aclexplode(c.attacl) x left join pg_catalog.pg_roles r on r.oid = x.grantee
), filled as (
  select 1 as n, pg_catalog.format('alter table %s alter column %s set default %s', c.t, c.name, pg_catalog.pg_get_expr(d.adbin, d.adrelid)) as sql
  from c join pg_catalog.pg_attrdef d on d.adrelid = c.attrelid and d.adnum = c.attnum
  union all
  select 2, pg_catalog.format('alter table %s alter column %s set not null', c.t, c.name) from c where c.attnotnull
  union all
  select 3, pg_catalog.pg_get_indexdef(i.indexrelid) from c join pg_catalog.pg_index i on i.indrelid = c.attrelid
  where i.indexrelid in (select objid from own where classid = 'pg_catalog.pg_class'::pg_catalog.regclass)
    and not exists (select from pg_catalog.pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))
  union all
  select 4, pg_catalog.format('alter table %s add constraint %I %s', c.t, k.conname, pg_catalog.pg_get_constraintdef(k.oid))
  from c join pg_catalog.pg_constraint k on k.conrelid = c.attrelid and k.contype in ('c', 'f', 'u', 'x')
  where k.oid in (select objid from own where classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass)
  union all
  select 5, pg_catalog.pg_get_statisticsobjdef(s.oid) from c join pg_catalog.pg_statistic_ext s on s.stxrelid = c.attrelid
  where s.oid in (select objid from own where classid = 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass)
)
select coalesce((select json_agg(sql order by n, sql) from made), '[]') as before,
       coalesce((select json_agg(sql order by n, sql) from filled), '[]') as after`
