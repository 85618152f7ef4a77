import type { Queryable } from '../stores/tables.ts'

export interface ColumnShape {
  readonly name: string
  /** As format_type prints it: `character varying(20)`. */
  readonly type: string
  readonly notNull: boolean
  /** The default as Postgres prints it; undefined where there is none. */
  readonly default: string | undefined
}

export interface IndexShape {
  /** With the tenant's key replaced by `{key}`. */
  readonly name: string
  readonly columns: readonly string[]
  readonly unique: boolean
  readonly valid: boolean
}

/** What many tables have in common: everything but their name. */
export interface TableShape {
  readonly columns: readonly ColumnShape[]
  readonly indexes: readonly IndexShape[]
  readonly primaryKey: readonly string[]
}

export interface CatalogTable {
  readonly schema: string
  readonly name: string
  /** The part of the name the expression captured; '' where it has no group. */
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
}

/**
 * Every matching table with its shape, sorted by name, in one statement. Shapes are hashed from raw catalog columns
 * and spelled out once each, which is what keeps 10,000 tables within about a second.
 */
export async function readCatalog(q: Queryable, selectors: readonly CatalogSelector[]): Promise<Catalog> {
  const rows = await q.query<CatalogRow>(catalogStatement, [
    selectors.map((selector) => selector.schema),
    selectors.map((selector) => selector.expression),
  ])
  const shapes = new Map<string, TableShape>()
  for (const row of rows) if (row.details !== null) shapes.set(row.shape, shapeOf(row.details))
  return { tables: rows.map(({ details: _, ...table }) => table), shapes }
}

interface CatalogRow extends CatalogTable {
  readonly details: Details | null
}

interface Details {
  readonly columns: readonly { name: string; type: string; not_null: boolean; default: string | null }[] | null
  readonly indexes:
    | readonly { name: string; columns: string[] | null; unique: boolean; valid: boolean; primary: boolean }[]
    | null
}

function shapeOf(details: Details): TableShape {
  const indexes = details.indexes ?? []
  return {
    columns: (details.columns ?? []).map((column) => ({
      name: column.name,
      type: column.type,
      notNull: column.not_null,
      default: column.default ?? undefined,
    })),
    indexes: indexes.map(({ name, columns, unique, valid }) => ({ name, columns: columns ?? [], unique, valid })),
    primaryKey: indexes.find((index) => index.primary)?.columns ?? [],
  }
}

const catalogStatement = `
with wanted as (
  select w.schema, w.expression from unnest($1::text[], $2::text[]) as w(schema, expression)
), found as (
  select distinct on (c.oid) c.oid, n.nspname, c.relname, c.relpages, c.reltuples,
         coalesce(substring(c.relname from w.expression), '') as key
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join wanted w on w.schema = n.nspname and c.relname ~ w.expression
  where c.relkind in ('r', 'p')
), attributes as (
  select a.attrelid,
         string_agg(a.attname || ':' || a.atttypid || ':' || a.atttypmod || ':' || a.attnotnull || ':' || a.atthasdef,
                    ',' order by a.attnum) as text
  from pg_catalog.pg_attribute a
  where a.attrelid in (select oid from found) and a.attnum > 0 and not a.attisdropped
  group by a.attrelid
), indexes as (
  select i.indrelid,
         string_agg(replace(ic.relname, f.key, '{key}') || ':' || i.indkey::text || ':' || i.indisunique || ':'
                    || i.indisvalid || ':' || i.indisprimary || ':' || ic.relam, ',' order by ic.relname) as text
  from pg_catalog.pg_index i
  join found f on f.oid = i.indrelid
  join pg_catalog.pg_class ic on ic.oid = i.indexrelid
  group by i.indrelid
), shaped as (
  select f.*, md5(coalesce(a.text, '') || '|' || coalesce(x.text, '')) as shape
  from found f left join attributes a on a.attrelid = f.oid left join indexes x on x.indrelid = f.oid
), firsts as (
  select distinct on (shape) shape, oid, key from shaped order by shape, oid
), details as (
  select s.shape, json_build_object(
    'columns', (
      select json_agg(json_build_object('name', a.attname, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
                                        'not_null', a.attnotnull,
                                        'default', pg_catalog.pg_get_expr(d.adbin, d.adrelid)) order by a.attnum)
      from pg_catalog.pg_attribute a
      left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attrelid = s.oid and a.attnum > 0 and not a.attisdropped),
    'indexes', (
      select json_agg(json_build_object('name', replace(ic.relname, s.key, '{key}'), 'unique', i.indisunique,
                                        'valid', i.indisvalid, 'primary', i.indisprimary,
                                        'columns', (select json_agg(a.attname order by k.at)
                                                    from unnest(i.indkey) with ordinality as k(num, at)
                                                    join pg_catalog.pg_attribute a
                                                      on a.attrelid = i.indrelid and a.attnum = k.num))
                      order by ic.relname)
      from pg_catalog.pg_index i join pg_catalog.pg_class ic on ic.oid = i.indexrelid
      where i.indrelid = s.oid)) as details
  from firsts s
)
select t.nspname as schema, t.relname as name, t.key, t.shape, t.relpages as pages, t.reltuples::float8 as rows,
       case when t.oid = f.oid then d.details end as details
from shaped t join firsts f on f.shape = t.shape join details d on d.shape = t.shape
order by t.nspname, t.relname`
