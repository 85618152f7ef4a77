import type { Queryable, TableReader } from '../../stores/tables.ts'
import type { SqlFacts } from './sql-facts.ts'

/** What a database says of these tables, given by full name, and of itself: three statements. Reads only. */
export async function loadSqlFacts(tables: TableReader, names: readonly string[]): Promise<SqlFacts> {
  return tables.read(async (q) => ({
    serverVersion: tables.target.serverVersion,
    rows: await loadRows(q, names),
    columns: await loadColumns(q),
    api: await hasApi(q),
  }))
}

async function loadRows(q: Queryable, names: readonly string[]): Promise<SqlFacts['rows']> {
  const rows = await q.query<{ name: string; rows: number }>(
    `select n.nspname || '.' || c.relname as name, greatest(c.reltuples, 0)::float8 as rows
       from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and n.nspname || '.' || c.relname = any ($1)
        and (c.reltuples >= 0 or pg_catalog.pg_relation_size(c.oid) = 0)`,
    [names],
  )
  const known = new Map(rows.map(({ name, rows }) => [name, rows]))
  return (table) => known.get(table)
}

/** Columns that have the name of some function's parameter; others are of no interest. */
async function loadColumns(q: Queryable): Promise<SqlFacts['columns']> {
  const rows = await q.query<{ name: string; columns: string[] }>(
    `with parameters as (select distinct unnest(p.proargnames) as name from pg_catalog.pg_proc p
                           join pg_catalog.pg_namespace n on n.oid = p.pronamespace
                          where n.nspname !~ '^(pg_|information_schema)')
     select n.nspname || '.' || c.relname as name, array_agg(a.attname::text) as columns
       from pg_catalog.pg_attribute a
       join parameters on parameters.name = a.attname
       join pg_catalog.pg_class c on c.oid = a.attrelid
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'v', 'm') and a.attnum > 0 and n.nspname !~ '^(pg_|information_schema)'
        and c.relname !~ '[0-9a-f]{32}'
      group by 1 limit 5000`,
  )
  const known = new Map(rows.map(({ name, columns }) => [name, new Set(columns)]))
  return (table) => known.get(table)
}

async function hasApi(q: Queryable): Promise<boolean> {
  const found = await q.query(`select 1 from pg_catalog.pg_roles where rolname in ('anon', 'authenticated')`)
  return found.length > 0
}
