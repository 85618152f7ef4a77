import { LockstepError } from '../../../kernel/errors.ts'
import { parseTableName, printTable, quoteIdentifier, quoteTable } from '../../../kernel/identifiers.ts'
import type { TableName } from '../../../kernel/identifiers.ts'
import type { Queryable } from '../../../stores/tables.ts'
import { definitionForm, exposureForm } from './table-definition.ts'
import type { Exposure, TableDefinition } from './table-definition.ts'

/** Names that are not built in are printed with their schema from here on, to the end of the transaction. */
export async function spellOut(q: Queryable): Promise<void> {
  await q.query("select pg_catalog.set_config('search_path', '', true)")
}

interface Row {
  readonly kind: string
  readonly definition: unknown
}

/** A table as it is; undefined where there is none. Throws LS-2126 for what is no plain table. */
export async function readTable(q: Queryable, table: TableName): Promise<TableDefinition | undefined> {
  await spellOut(q)
  const [row] = await q.query<Row>(tableStatement, [table.schema, table.name])
  if (row === undefined) return undefined
  if (row.kind !== 'r') {
    throw new LockstepError(
      'LS-2126',
      `${printTable(table)} is ${kinds[row.kind] ?? 'something else'}, not a plain table`,
      {
        where: { name: printTable(table) },
        hint: 'use another name',
      },
    )
  }
  return cleaned(definitionForm.parse(withoutNulls(row.definition)), table)
}

const kinds: Readonly<Record<string, string>> = {
  v: 'a view',
  m: 'a materialized view',
  p: 'a partitioned table',
  f: 'a foreign table',
  S: 'a sequence',
  i: 'an index',
  c: 'a type',
}

/** Who can see what of the tables of these names, by name. */
export async function readExposure(
  q: Queryable,
  schema: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, Exposure>> {
  const rows = await q.query<{ name: string; exposure: unknown }>(
    `select c.relname as name, json_build_object('rowSecurity', c.relrowsecurity, 'forced', c.relforcerowsecurity,
                                                'grants', coalesce((${grants}), '[]')) as exposure
     from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relname = any($2::text[])`,
    [schema, names],
  )
  return new Map(rows.map(({ name, exposure }) => [name, exposureForm.parse(withoutNulls(exposure))]))
}

/** A copy of the table's definition under another name: what names the old one names the new one. */
export function copied(definition: TableDefinition, from: TableName, to: string): TableDefinition {
  const again = <T extends string | undefined>(sql: T): T => renamed(sql, from.name, parseTableName(to).name) as T
  return {
    ...definition,
    columns: definition.columns.map((column) => ({ ...column, generated: again(column.generated) })),
    constraints: definition.constraints.map((each) => {
      switch (each.kind) {
        case 'key':
          return each
        case 'check':
          return { ...each, sql: again(each.sql), name: unlessOf(each.name, from) }
        case 'foreign key':
          return { ...each, name: unlessOf(each.name, from) }
      }
    }),
    policies: definition.policies.map((each) => ({ ...each, using: again(each.using), check: again(each.check) })),
  }
}

/** The server finds a name of its own for what is called after the other table. */
function unlessOf(name: string | undefined, { name: table }: TableName): string | undefined {
  return name?.includes(table) === true ? undefined : name
}

function renamed(sql: string | undefined, from: string, to: string): string | undefined {
  const forms = [from, quoteIdentifier(from)].map((each) => each.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return sql?.replace(new RegExp(`(?<![\\w."])(?:${forms.join('|')})\\.`, 'g'), () => `${quoteIdentifier(to)}.`)
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]) => (each === null ? [] : [[key, withoutNulls(each)]])),
  )
}

/** Triggers and foreign keys are printed with the table's name in them. */
function cleaned(definition: TableDefinition, table: TableName): TableDefinition {
  return {
    ...definition,
    triggers: definition.triggers.map(([whole]) => {
      const at = [quoteTable(table), `${table.schema}.${table.name}`].map(
        (name) => [whole.indexOf(` ON ${name} `), name] as const,
      )
      const [start, name] = at.find(([index]) => index >= 0) ?? [-1, '']
      if (start < 0) throw new LockstepError('LS-9001', `a trigger of ${printTable(table)} has an unknown form`)
      return [whole.slice(0, start + 4), whole.slice(start + 4 + name.length)]
    }),
  }
}

const action = (column: string): string =>
  `case ${column} when 'r' then 'restrict' when 'c' then 'cascade' when 'n' then 'set null' when 'd' then 'set default' end`

const columnNames = (keys: string): string =>
  `(select json_agg(a.attname order by k.at) from unnest(${keys}) with ordinality as k(num, at)
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = k.num)`

const columns = `
select json_agg(json_build_object(
  'name', a.attname, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod), 'notNull', a.attnotnull,
  'default', case when a.attgenerated = '' and s.objid is null then pg_catalog.pg_get_expr(d.adbin, d.adrelid) end,
  'generated', case when a.attgenerated <> '' then pg_catalog.pg_get_expr(d.adbin, d.adrelid) end,
  'identity', case a.attidentity when 'a' then 'always' when 'd' then 'by default' end,
  'serial', case when s.objid is not null then true end,
  'collation', case when a.attcollation <> t.typcollation then
    (select pg_catalog.format('%I.%I', n.nspname, l.collname) from pg_catalog.pg_collation l
     join pg_catalog.pg_namespace n on n.oid = l.collnamespace where l.oid = a.attcollation) end,
  'comment', pg_catalog.col_description(c.oid, a.attnum),
  'storage', case when a.attstorage <> t.typstorage then
    case a.attstorage when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' else 'extended' end end,
  'compression', case a.attcompression when 'p' then 'pglz' when 'l' then 'lz4' end) order by a.attnum)
from pg_catalog.pg_attribute a
join pg_catalog.pg_type t on t.oid = a.atttypid
left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
left join lateral (
  select x.objid from pg_catalog.pg_depend x
  where x.refobjid = c.oid and x.refobjsubid = a.attnum and x.deptype = 'a' and a.atthasdef
    and x.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
    and exists (select from pg_catalog.pg_class q where q.oid = x.objid and q.relkind = 'S') limit 1) s on true
where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped`

const constraints = `
select json_agg(case k.contype
  when 'c' then json_build_object('kind', 'check', 'name', k.conname, 'sql', pg_catalog.pg_get_expr(k.conbin, k.conrelid))
  when 'f' then json_build_object('kind', 'foreign key', 'name', k.conname, 'columns', ${columnNames('k.conkey')},
    'references', case when k.confrelid <> k.conrelid then (select n.nspname || '.' || r.relname from pg_catalog.pg_class r
      join pg_catalog.pg_namespace n on n.oid = r.relnamespace where r.oid = k.confrelid) end,
    'to', (select json_agg(a.attname order by f.at) from unnest(k.confkey) with ordinality as f(num, at)
           join pg_catalog.pg_attribute a on a.attrelid = k.confrelid and a.attnum = f.num),
    'onDelete', ${action('k.confdeltype')}, 'onUpdate', ${action('k.confupdtype')},
    'rest', nullif(concat_ws(' ', case when k.condeferrable then 'deferrable' end, case when k.condeferred then 'initially deferred' end), ''))
  else json_build_object('kind', 'key', 'definition', pg_catalog.pg_get_constraintdef(k.oid)) end order by k.contype <> 'p', k.conname)
from pg_catalog.pg_constraint k where k.conrelid = c.oid and k.contype in ('c', 'f', 'p', 'u', 'x')`

const indexes = `
select json_agg(json_build_object('unique', i.indisunique, 'method', am.amname,
  'nullsNotDistinct', coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false),
  'keys', (select json_agg(json_build_object(
      'sql', case when i.indkey[n - 1] = 0 then '(' || pg_catalog.pg_get_indexdef(i.indexrelid, n, false) || ')'
                  else pg_catalog.pg_get_indexdef(i.indexrelid, n, false) end,
      'opclass', case when not o.opcdefault then case when s.nspname = 'pg_catalog' then pg_catalog.quote_ident(o.opcname)
                      else pg_catalog.format('%I.%I', s.nspname, o.opcname) end end,
      'collation', case when i.indcollation[n - 1] <> coalesce(a.attcollation, i.indcollation[n - 1]) then
        (select pg_catalog.format('%I.%I', ln.nspname, l.collname) from pg_catalog.pg_collation l
         join pg_catalog.pg_namespace ln on ln.oid = l.collnamespace where l.oid = i.indcollation[n - 1]) end,
      'descending', i.indoption[n - 1] & 1 = 1, 'nullsFirst', i.indoption[n - 1] & 2 = 2) order by n)
    from generate_series(1, i.indnkeyatts) n
    join pg_catalog.pg_opclass o on o.oid = i.indclass[n - 1]
    join pg_catalog.pg_namespace s on s.oid = o.opcnamespace
    left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[n - 1] and i.indkey[n - 1] > 0),
  'include', coalesce((select json_agg(a.attname order by k.at) from unnest(i.indkey) with ordinality as k(num, at)
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = k.num where k.at > i.indnkeyatts), '[]'),
  'where', pg_catalog.pg_get_expr(i.indpred, i.indrelid),
  'with', coalesce((select json_object_agg(split_part(x, '=', 1), substr(x, strpos(x, '=') + 1)) from unnest(ic.reloptions) x), '{}'))
  order by ic.relname)
from pg_catalog.pg_index i
join pg_catalog.pg_class ic on ic.oid = i.indexrelid
join pg_catalog.pg_am am on am.oid = ic.relam
where i.indrelid = c.oid and not exists (select from pg_catalog.pg_constraint k where k.conindid = i.indexrelid and k.conrelid = c.oid)`

const policies = `
select json_agg(json_build_object('name', p.polname, 'permissive', p.polpermissive,
  'command', case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
  'roles', (select json_agg(case when r = 0 then 'public' else pg_catalog.pg_get_userbyid(r)::text end order by case when r = 0 then 'public' else pg_catalog.pg_get_userbyid(r)::text end) from unnest(p.polroles) r),
  'using', pg_catalog.pg_get_expr(p.polqual, p.polrelid), 'check', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)) order by p.polname)
from pg_catalog.pg_policy p where p.polrelid = c.oid`

/** Rights of all but the owner; a right on the whole table makes that on a column needless, but it is told. */
const grants = `
select json_agg(json_build_object('grantee', g.grantee, 'privileges', g.privileges, 'column', g.name, 'grantable', g.grantable)
                order by g.grantee, g.name nulls first, g.grantable)
from (
  select case when x.grantee = 0 then 'public' else pg_catalog.pg_get_userbyid(x.grantee)::text end as grantee,
         w.name, x.is_grantable as grantable, json_agg(lower(x.privilege_type) order by lower(x.privilege_type)) as privileges
  from (select c.relacl as acl, null::text as name
        union all select a.attacl, a.attname::text from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) w
  cross join lateral pg_catalog.aclexplode(w.acl) x
  where x.grantee <> c.relowner
  group by 1, 2, 3) g`

const tableStatement = `
select c.relkind::text as kind, json_build_object(
  'columns', coalesce((${columns}), '[]'), 'constraints', coalesce((${constraints}), '[]'),
  'indexes', coalesce((${indexes}), '[]'), 'policies', coalesce((${policies}), '[]'),
  'triggers', coalesce((select json_agg(json_build_array(pg_catalog.pg_get_triggerdef(t.oid), '') order by t.tgname)
    from pg_catalog.pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal), '[]'),
  'rowSecurity', c.relrowsecurity, 'forced', c.relforcerowsecurity,
  'grants', coalesce((${grants}), '[]'), 'owner', pg_catalog.pg_get_userbyid(c.relowner),
  'comment', pg_catalog.obj_description(c.oid, 'pg_class'),
  'storage', coalesce((select json_object_agg(split_part(x, '=', 1), substr(x, strpos(x, '=') + 1)) from unnest(c.reloptions) x), '{}'),
  'publications', coalesce((select json_agg(p.pubname order by p.pubname) from pg_catalog.pg_publication_rel r
    join pg_catalog.pg_publication p on p.oid = r.prpubid where r.prrelid = c.oid), '[]'),
  'replicaIdentity', case c.relreplident when 'f' then 'full' when 'n' then 'nothing' end) as definition
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and c.relname = $2`
