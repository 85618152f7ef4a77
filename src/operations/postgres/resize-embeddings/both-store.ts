import { printTable, quoteLiteral, quoteTable } from '../../../kernel/identifiers.ts'
import type { TableName } from '../../../kernel/identifiers.ts'
import type { Queryable } from '../../../stores/tables.ts'
import type { TableState } from '../../table-state.ts'
import { lacksVector } from './mirror.ts'
import { hasKey, knownAs } from './vector-change.ts'
import type { VectorChange } from './vector-change.ts'

/** Where clients of both models find a table: a view of its name. */
export const bothSchema = 'lockstep_both'

/** Statements after which there is a place for views and for what they note. */
export const bothStore: readonly string[] = [
  'select pg_catalog.pg_advisory_xact_lock(471532, 0)',
  `do $lockstep$ begin
  if pg_catalog.to_regnamespace('${bothSchema}') is null then
    create schema ${bothSchema};
    grant usage on schema ${bothSchema} to public;
  end if;
  if pg_catalog.to_regclass('lockstep_vectors.views') is null then
    create table lockstep_vectors.views (table_name text primary key, change text not null);
    -- Rows that a view left without a vector, and of how many dimensions it is to be.
    create table lockstep_vectors.waiting (
      table_name text not null, key text[] not null, dimensions int not null, primary key (table_name, key, dimensions));
  end if;
end $lockstep$`,
]

/** A script that takes the schema away where the last view is gone. */
export const dropBothSchema = `do $lockstep$ begin
  perform pg_catalog.pg_advisory_xact_lock(471532, 0);
  if not exists (select from pg_catalog.pg_class c where c.relnamespace = pg_catalog.to_regnamespace('${bothSchema}')) then
    drop schema if exists ${bothSchema};
  end if;
end $lockstep$`

const hasStore = `select pg_catalog.to_regclass('lockstep_vectors.views') is not null as found`

async function isThere(q: Queryable): Promise<boolean> {
  const [row] = await q.query<{ found: boolean }>(hasStore)
  return row?.found === true
}

/** The tables, as printed, that have their view. */
export async function viewsOf(q: Queryable, change: VectorChange): Promise<ReadonlySet<string>> {
  if (!(await isThere(q))) return new Set()
  const rows = await q.query<{ name: string }>(
    'select table_name as name from lockstep_vectors.views where change = $1',
    [change.tag],
  )
  return new Set(rows.map(({ name }) => name))
}

/** Whether some table has begun with the change, and it is not completed yet. */
export async function isUnderway(q: Queryable, { tag }: VectorChange): Promise<boolean> {
  const [row] = await q.query<{ found: boolean }>(
    'select exists (select from lockstep_vectors.changes where change = $1) as found',
    [tag],
  )
  return row?.found === true
}

/** Of these tables, those with rows that wait for a vector of so many dimensions. */
export async function tablesWaiting(
  q: Queryable,
  tables: readonly TableName[],
  dimensions: number,
): Promise<ReadonlySet<string>> {
  if (!(await isThere(q))) return new Set()
  const rows = await q.query<{ name: string }>(
    'select distinct table_name as name from lockstep_vectors.waiting where table_name = any($1::text[]) and dimensions = $2',
    [tables.map(printTable), dimensions],
  )
  return new Set(rows.map(({ name }) => name))
}

/** A script after which nothing is noted of a table for its view. */
export function forgetWaitingSql(table: TableName): string {
  const name = quoteLiteral(printTable(table))
  return `delete from lockstep_vectors.waiting where table_name = ${name}; delete from lockstep_vectors.views where table_name = ${name}`
}

/**
 * Lists the rows that wait as missing their vector, and forgets those that wait no more: they have one, are gone, or failed
 * too often, and are listed. Returns how many wait. A row that gets another key meanwhile waits under that.
 */
export async function listWaiting(
  q: Queryable,
  change: VectorChange,
  table: TableState,
  dimensions: number,
): Promise<number> {
  const mine = `w.table_name = ${knownAs(table)} and w.dimensions = ${dimensions}`
  await q.script(
    `delete from lockstep_vectors.waiting w where ${mine}
       and not exists (select from ${quoteTable(table)} t where ${hasKey(table, 't', 'w.key')} and ${lacksVector({ change }, 't')});
     delete from lockstep_vectors.waiting w using lockstep_vectors.missing m where ${mine} and m.table_name = w.table_name and m.key = w.key and m.tries >= 3`,
  )
  const [row] = await q.query<{ count: number }>(
    `with listed as (
       insert into lockstep_vectors.missing (table_name, key) select w.table_name, w.key from lockstep_vectors.waiting w where ${mine} on conflict do nothing)
     select count(*)::int as count from lockstep_vectors.waiting w where ${mine}`,
  )
  return row?.count ?? 0
}
