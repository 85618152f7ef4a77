import type { Queryable } from '../stores/tables.ts'

export interface ColumnShape {
  readonly name: string
  /** As format_type prints it: `character varying(20)`. */
  readonly type: string
  readonly notNull: boolean
  /** The default as Postgres prints it; undefined where there is none. */
  readonly default: string | undefined
  /** True where Postgres makes the values itself: generated always, or identity. */
  readonly generated: boolean
}

export interface IndexShape {
  /** With the tenant's key replaced by `{key}`. */
  readonly name: string
  /** Plain columns in order; an expression is left out, and seen in the definition. */
  readonly columns: readonly string[]
  readonly unique: boolean
  readonly valid: boolean
  /** Of all rows, and of columns alone. */
  readonly plain: boolean
  /** As pg_get_indexdef prints it, with `{key}`; '' for one that another session has just dropped. */
  readonly definition: string
}

export interface ConstraintShape {
  /** With `{key}`, as is the definition. */
  readonly name: string
  readonly kind: 'check' | 'foreign key' | 'primary key' | 'unique' | 'exclusion'
  readonly columns: readonly string[]
  /** As pg_get_constraintdef prints it. */
  readonly definition: string
  readonly validated: boolean
}

export interface TriggerShape {
  /** With `{key}`, as is the definition. Those of constraints are left out. */
  readonly name: string
  readonly definition: string
  readonly enabled: boolean
}

/** What many tables have in common: everything but their name. */
export interface TableShape {
  readonly columns: readonly ColumnShape[]
  readonly indexes: readonly IndexShape[]
  readonly constraints: readonly ConstraintShape[]
  readonly triggers: readonly TriggerShape[]
  readonly primaryKey: readonly string[]
  readonly rowSecurity: boolean
}

export interface CatalogTable {
  readonly schema: string
  readonly name: string
  /** The part of the name that makes it this tenant's; '' where there is none. */
  readonly key: string
  /** Equal for tables of equal shape. */
  readonly shape: string
  /** 8 KiB pages as of the last VACUUM or ANALYZE. */
  readonly pages: number
  /** Rows as of then; -1 when never counted. */
  readonly rows: number
}

export interface Catalog {
  readonly tables: readonly CatalogTable[]
  readonly shapes: ReadonlyMap<string, TableShape>
}

export interface CatalogSelector {
  readonly schema: string
  /** An anchored POSIX expression on the table's name. */
  readonly expression: string
  /** What stands around the key in the name; without them the name has none. */
  readonly prefix?: string
  readonly suffix?: string
}

/**
 * Every matching table with its shape, sorted by name, in one statement. Shapes are hashed from raw catalog columns
 * and spelled out once each, which is what keeps 10,000 tables within about a second.
 */
export async function readCatalog(q: Queryable, selectors: readonly CatalogSelector[]): Promise<Catalog> {
  const rows = await q.query<CatalogRow>(catalogStatement(selectedTables), [
    selectors.map((selector) => selector.schema),
    selectors.map((selector) => selector.expression),
    selectors.map(({ prefix, suffix }) => (prefix === undefined ? null : `${prefix}{key}${suffix ?? ''}`)),
  ])
  return catalogOf(rows)
}

/** The named tables of a schema that exist, each with its key and its name with `{key}` in it as given. */
export async function readTables(
  q: Queryable,
  schema: string,
  wanted: readonly { readonly name: string; readonly key: string; readonly blank: string }[],
): Promise<Catalog> {
  const rows = await q.query<CatalogRow>(catalogStatement(namedTables), [
    schema,
    wanted.map(({ name }) => name),
    wanted.map(({ key }) => key),
    wanted.map(({ blank }) => blank),
  ])
  return catalogOf(rows)
}

/** A shape with `{key}` replaced by what stands there in the names of one table. */
export function shapeWithKey(shape: TableShape, key: string): TableShape {
  if (key === '') return shape
  const named = <T extends { readonly name: string; readonly definition: string }>(thing: T): T => ({
    ...thing,
    name: thing.name.replaceAll('{key}', key),
    definition: thing.definition.replaceAll('{key}', key),
  })
  return {
    ...shape,
    indexes: shape.indexes.map(named),
    constraints: shape.constraints.map(named),
    triggers: shape.triggers.map(named),
  }
}

interface CatalogRow extends CatalogTable {
  readonly details: Details | null
}

interface Details {
  readonly columns: readonly (Omit<ColumnShape, 'default'> & { readonly default: string | null })[] | null
  readonly indexes: readonly (IndexShape & { readonly primary: boolean })[] | null
  readonly constraints: readonly ConstraintShape[] | null
  readonly triggers: readonly TriggerShape[] | null
  readonly rowSecurity: boolean
}

function catalogOf(rows: readonly CatalogRow[]): Catalog {
  const shapes = new Map<string, TableShape>()
  for (const row of rows) if (row.details !== null) shapes.set(row.shape, shapeOf(row.details))
  return { tables: rows.map(({ details: _, ...table }) => table), shapes }
}

function shapeOf(details: Details): TableShape {
  const indexes = details.indexes ?? []
  return {
    columns: (details.columns ?? []).map((column) => ({ ...column, default: column.default ?? undefined })),
    indexes: indexes.map(({ primary: _, ...index }) => index),
    constraints: details.constraints ?? [],
    triggers: details.triggers ?? [],
    primaryKey: indexes.find((index) => index.primary)?.columns ?? [],
    rowSecurity: details.rowSecurity,
  }
}

const selectedTables = `
select distinct on (c.oid) c.oid, n.nspname, c.relname, c.relpages, c.reltuples, c.relrowsecurity, c.relforcerowsecurity,
       c.relowner, c.relacl, coalesce(substring(c.relname from w.expression), '') as key, coalesce(w.blank, c.relname) as blank
from unnest($1::text[], $2::text[], $3::text[]) as w(schema, expression, blank)
join pg_catalog.pg_namespace n on n.nspname = w.schema
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname ~ w.expression
where c.relkind in ('r', 'p')`

const namedTables = `
select c.oid, n.nspname, c.relname, pg_catalog.pg_relation_size(c.oid) / 8192 as relpages, c.reltuples, c.relrowsecurity,
       c.relforcerowsecurity, c.relowner, c.relacl, w.key, w.blank
from unnest($2::text[], $3::text[], $4::text[]) as w(name, key, blank)
join pg_catalog.pg_namespace n on n.nspname = $1
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = w.name
where c.relkind in ('r', 'p')`

function catalogStatement(found: string): string {
  return `with found as materialized (${found}
${shapesOfFound}`
}

/** The shape of a table is what is hashed here: columns, indexes, constraints, triggers, policies, rights and owner. */
const shapesOfFound = `), attributes as (
  select a.attrelid,
         string_agg(concat_ws(':', a.attname, a.atttypid, a.atttypmod, a.attnotnull, a.atthasdef, a.attgenerated,
                              a.attidentity, a.attacl),
                    ',' order by a.attnum) as text
  from pg_catalog.pg_attribute a
  where a.attrelid in (select oid from found) and a.attnum > 0 and not a.attisdropped
  group by a.attrelid
), indexes as (
  select i.indrelid,
         string_agg(concat_ws(':', replace(ic.relname, f.relname, f.blank), i.indkey, i.indisunique, i.indisvalid, i.indisprimary,
                              ic.relam, i.indclass, ic.reloptions,
                              case when i.indpred is not null or i.indexprs is not null
                                   then replace(pg_catalog.pg_get_indexdef(i.indexrelid), f.relname, f.blank) end),
                    ',' order by ic.relname) as text
  from pg_catalog.pg_index i
  join found f on f.oid = i.indrelid
  join pg_catalog.pg_class ic on ic.oid = i.indexrelid
  group by i.indrelid
), constraints as (
  select k.conrelid,
         string_agg(concat_ws(':', replace(k.conname, f.relname, f.blank), k.contype, k.convalidated, k.conkey),
                    ',' order by k.conname) as text
  from pg_catalog.pg_constraint k join found f on f.oid = k.conrelid
  group by k.conrelid
), triggers as (
  select t.tgrelid,
         string_agg(concat_ws(':', replace(t.tgname, f.relname, f.blank), t.tgfoid, t.tgtype, t.tgenabled),
                    ',' order by t.tgname) as text
  from pg_catalog.pg_trigger t join found f on f.oid = t.tgrelid
  where not t.tgisinternal
  group by t.tgrelid
), policies as (
  select p.polrelid,
         string_agg(concat_ws(':', replace(p.polname, f.relname, f.blank), p.polcmd, p.polpermissive, p.polroles),
                    ',' order by p.polname) as text
  from pg_catalog.pg_policy p join found f on f.oid = p.polrelid
  group by p.polrelid
), shaped as (
  select f.*, md5(concat_ws('|', coalesce(a.text, ''), coalesce(x.text, ''), coalesce(k.text, ''), coalesce(t.text, ''),
                            coalesce(p.text, ''), f.relrowsecurity, f.relforcerowsecurity, f.relowner,
                            f.relacl)) as shape
  from found f
  left join attributes a on a.attrelid = f.oid
  left join indexes x on x.indrelid = f.oid
  left join constraints k on k.conrelid = f.oid
  left join triggers t on t.tgrelid = f.oid
  left join policies p on p.polrelid = f.oid
), firsts as (
  select distinct on (shape) shape, oid, relname, key, blank, relrowsecurity from shaped order by shape, oid
), details as (
  select s.shape, json_build_object(
    'rowSecurity', s.relrowsecurity,
    'columns', (
      select json_agg(json_build_object('name', a.attname, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
                                        'notNull', a.attnotnull,
                                        'generated', a.attgenerated <> '' or a.attidentity <> '',
                                        'default', pg_catalog.pg_get_expr(d.adbin, d.adrelid)) order by a.attnum)
      from pg_catalog.pg_attribute a
      left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attrelid = s.oid and a.attnum > 0 and not a.attisdropped),
    'indexes', (
      select json_agg(json_build_object('name', replace(ic.relname, s.relname, s.blank), 'unique', i.indisunique,
                                        'valid', i.indisvalid and i.indisready, 'primary', i.indisprimary,
                                        'plain', i.indpred is null and i.indexprs is null,
                                        'definition', coalesce(replace(pg_catalog.pg_get_indexdef(i.indexrelid), s.relname, s.blank), ''),
                                        'columns', coalesce((select json_agg(a.attname order by k.at)
                                                    from unnest(i.indkey) with ordinality as k(num, at)
                                                    join pg_catalog.pg_attribute a
                                                      on a.attrelid = i.indrelid and a.attnum = k.num
                                                    where k.at <= i.indnkeyatts), '[]'))
                      order by ic.relname)
      from pg_catalog.pg_index i join pg_catalog.pg_class ic on ic.oid = i.indexrelid
      where i.indrelid = s.oid),
    'constraints', (
      select json_agg(json_build_object('name', replace(k.conname, s.relname, s.blank), 'validated', k.convalidated,
                                        'kind', case k.contype when 'c' then 'check' when 'f' then 'foreign key'
                                                when 'p' then 'primary key' when 'u' then 'unique' else 'exclusion' end,
                                        'definition', coalesce(replace(replace(pg_catalog.pg_get_constraintdef(k.oid), s.relname, s.blank),
                                                               coalesce(r.relname, s.relname),
                                                               coalesce(regexp_replace(r.relname, '(^|_)' || s.key || '($|_)', '\\1{key}\\2'), s.blank)), ''),
                                        'columns', coalesce((select json_agg(a.attname order by c.at)
                                                    from unnest(k.conkey) with ordinality as c(num, at)
                                                    join pg_catalog.pg_attribute a
                                                      on a.attrelid = k.conrelid and a.attnum = c.num), '[]'))
                      order by k.conname)
      from pg_catalog.pg_constraint k
      left join pg_catalog.pg_class r on r.oid = k.confrelid and s.key <> ''
      where k.conrelid = s.oid and k.contype in ('c', 'f', 'p', 'u', 'x')),
    'triggers', (
      select json_agg(json_build_object('name', replace(t.tgname, s.relname, s.blank), 'enabled', t.tgenabled <> 'D',
                                        'definition', coalesce(replace(pg_catalog.pg_get_triggerdef(t.oid), s.relname, s.blank), ''))
                      order by t.tgname)
      from pg_catalog.pg_trigger t where t.tgrelid = s.oid and not t.tgisinternal)) as details
  from firsts s
)
select t.nspname as schema, t.relname as name, t.key, t.shape, t.relpages::float8 as pages, t.reltuples::float8 as rows,
       case when t.oid = f.oid then d.details end as details
from shaped t join firsts f on f.shape = t.shape join details d on d.shape = t.shape
order by t.nspname, t.relname`
