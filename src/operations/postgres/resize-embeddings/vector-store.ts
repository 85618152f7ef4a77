import { printTable, quoteLiteral } from '../../../kernel/identifiers.ts'
import type { TableName } from '../../../kernel/identifiers.ts'
import type { Queryable } from '../../../stores/tables.ts'
import type { Companion } from '../../companion.ts'
import { nextSchema, pastSchema } from './vector-change.ts'

/**
 * Where a table stands: its twin is there and changes are noted; filled; switched, then settled with nothing left to be
 * done; or, on the way back, returned.
 */
export type Stage = 'captured' | 'filled' | 'switched' | 'settled' | 'returned'

/**
 * For search functions: the table in which vectors of so many dimensions are searched, the app's own or, during the
 * soak, the twin in the old shape.
 */
const tableForDimensions = `
  create function lockstep_vectors.table_for(wanted regclass, dimensions int) returns regclass
  language plpgsql stable set search_path = pg_catalog, pg_temp as $table$
  declare
    twin regclass;
  begin
    select pg_catalog.to_regclass(pg_catalog.format('${pastSchema}.%I', c.relname)) into twin
    from pg_catalog.pg_class c where c.oid = wanted;
    if twin is null then return wanted; end if;
    if exists (select from pg_catalog.pg_attribute a join pg_catalog.pg_type t on t.oid = a.atttypid
               where a.attrelid = twin and not a.attisdropped and t.typname in ('vector', 'halfvec') and a.atttypmod = dimensions)
      and not exists (select from pg_catalog.pg_attribute a join pg_catalog.pg_type t on t.oid = a.atttypid
               where a.attrelid = wanted and not a.attisdropped and t.typname in ('vector', 'halfvec') and a.atttypmod = dimensions)
    then return twin; end if;
    return wanted;
  end $table$;`

/** For provisioning functions: the pointer of a table that was born in the new shape. Never changes one that is there. */
const noteBorn = `
  create function lockstep_vectors.note_born(born text, of_column text, of_change text, of_dimensions int) returns void
  language sql security definer set search_path = pg_catalog, pg_temp as $born$
    insert into lockstep_vectors.pointers (table_name, column_name, change, model, dimensions)
    select born, of_column, of_change,
           (select p.model from lockstep_vectors.pointers p where p.change = of_change order by p.at limit 1), of_dimensions
    on conflict do nothing
  $born$;`

/** What Lockstep and its clients share about vectors; outside of the ledger, which may be lost. */
export const vectorStore: Companion = {
  what: 'schema lockstep_vectors with the outbox of changed rows',
  exists: `pg_catalog.to_regclass('lockstep_vectors.pointers') is not null`,
  stays: true,
  create: [
    'select pg_catalog.pg_advisory_xact_lock(471532, 0)',
    ...['lockstep_vectors', nextSchema, pastSchema].map(
      (schema) => `do $lockstep$ begin
  if not exists (select from pg_catalog.pg_namespace where nspname = '${schema}') then create schema ${schema}; end if;
end $lockstep$`,
    ),
    `do $lockstep$ begin
  if pg_catalog.to_regclass('lockstep_vectors.pointers') is not null then return; end if;
  create table lockstep_vectors.outbox (seq bigint generated always as identity primary key, table_name text not null, key text[]);
  create index outbox_of_table on lockstep_vectors.outbox (table_name, seq);
  create table lockstep_vectors.missing (
    table_name text not null, key text[] not null, problem text, tries int not null default 0, primary key (table_name, key));
  create table lockstep_vectors.changes (
    table_name text primary key, change text not null, column_name text not null, stage text not null,
    facts jsonb not null default '{}', at timestamptz not null default pg_catalog.clock_timestamp());
  create table lockstep_vectors.pointers (
    table_name text not null, column_name text not null, change text not null, model text, dimensions int not null,
    at timestamptz not null default pg_catalog.clock_timestamp(), primary key (table_name, column_name));
  create table lockstep_vectors.functions (
    change text not null, position int not null, function text not null, before text not null, after text not null, dispatch text not null,
    primary key (change, position));
  grant usage on schema lockstep_vectors to public;
  -- Rights on the tables in it are those that they had: clients of the old model go on searching.
  grant usage on schema ${pastSchema} to public;
  grant select on lockstep_vectors.pointers to public;
  ${tableForDimensions}
  ${noteBorn}
end $lockstep$`,
  ],
  drop: `do $lockstep$ declare gone record; begin
  perform pg_catalog.pg_advisory_xact_lock(471532, 0);
  if pg_catalog.to_regclass('lockstep_vectors.pointers') is null then return; end if;
  -- Of tables that are gone nothing has to be kept.
  for gone in select c.table_name, pg_catalog.regexp_replace(c.table_name, '^[^.]*[.]', '') as name
    from lockstep_vectors.changes c where not exists (select from pg_catalog.pg_class t join pg_catalog.pg_namespace n on n.oid = t.relnamespace
      where c.table_name = case when n.nspname = 'public' then t.relname else n.nspname || '.' || t.relname end)
  loop
    execute pg_catalog.format('drop table if exists ${nextSchema}.%1$I, ${pastSchema}.%1$I', gone.name);
    delete from lockstep_vectors.changes where table_name = gone.table_name;
    delete from lockstep_vectors.missing where table_name = gone.table_name;
  end loop;
  delete from lockstep_vectors.pointers p where not exists (select from pg_catalog.pg_class t join pg_catalog.pg_namespace n on n.oid = t.relnamespace
    where p.table_name = case when n.nspname = 'public' then t.relname else n.nspname || '.' || t.relname end);
  if exists (select from lockstep_vectors.changes) or exists (select from lockstep_vectors.pointers)
    or exists (select from lockstep_vectors.missing) or exists (select from lockstep_vectors.functions) then return; end if;
  drop schema lockstep_vectors cascade;
  drop schema ${nextSchema};
  drop schema ${pastSchema};
end $lockstep$`,
}

/** What a table was like, for the way back. */
export interface Facts {
  readonly column: string
  /** The vectors' type, as printed. */
  readonly type: string
  readonly notNull: boolean
  /** Foreign keys that were valid. */
  readonly keys: readonly string[]
  readonly pointer: { readonly change: string; readonly model: string | null; readonly dimensions: number } | null
  /** Whether it was born in the new shape, so that no row of it was ever without a vector of the old model. */
  readonly born?: boolean
  /** Whether rows came back without a vector, and a trigger follows their keys until they have it. */
  readonly followed?: boolean
}

/** What is noted of a table that the change has begun with. */
export interface NotedChange {
  readonly name: string
  readonly change: string
  readonly stage: Stage
  readonly facts: Facts
}

export interface Noted {
  readonly changes: ReadonlyMap<string, NotedChange>
  /** The change that the vectors of a table came from. */
  readonly pointers: ReadonlyMap<string, string>
}

/** What is noted of tables, by their printed names. */
export async function notedChanges(q: Queryable, tables: readonly TableName[], column: string): Promise<Noted> {
  const [store] = await q.query<{ found: boolean }>(`select ${vectorStore.exists} as found`)
  if (store?.found !== true) return { changes: new Map(), pointers: new Map() }
  const names = tables.map(printTable)
  const rows = await q.query<NotedChange>(
    'select table_name as name, change, stage, facts from lockstep_vectors.changes where table_name = any($1::text[])',
    [names],
  )
  const pointers = await q.query<{ name: string; change: string }>(
    'select table_name as name, change from lockstep_vectors.pointers where table_name = any($1::text[]) and column_name = $2',
    [names, column],
  )
  return {
    changes: new Map(rows.map((row) => [row.name, row])),
    pointers: new Map(pointers.map(({ name, change }) => [name, change])),
  }
}

/** A statement that notes where a table stands. */
export function stageSql(table: TableName, stage: Stage): string {
  return `update lockstep_vectors.changes set stage = '${stage}', at = pg_catalog.clock_timestamp() where table_name = ${quoteLiteral(printTable(table))}`
}

/** A script after which nothing is noted of a table but where its vectors come from, and what has none. */
export function forgetSql(table: TableName): string {
  const name = quoteLiteral(printTable(table))
  return `delete from lockstep_vectors.outbox where table_name = ${name}; delete from lockstep_vectors.changes where table_name = ${name}`
}
