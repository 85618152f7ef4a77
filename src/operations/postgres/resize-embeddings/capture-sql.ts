import { md5 } from '../../../kernel/checksum.ts'
import { quoteIdentifier, quoteLiteral } from '../../../kernel/identifiers.ts'
import type { ColumnShape } from '../../../tenants/catalog.ts'
import type { TableState } from '../../table-state.ts'
import { keyOf, knownAs, vectorColumn } from './vector-change.ts'
import type { VectorChange } from './vector-change.ts'

/** The triggers come after all others: what those made of a row is what is noted. */
const captureTriggers = ['~lockstep_vectors', '~lockstep_vectors_emptied'] as const

/** Notes which rows a view for clients of both models leaves without a vector. */
export const waitsTrigger = '~lockstep_vectors_waits'

/** All that stay with neither table when they change places. */
export const ownTriggers = [...captureTriggers, waitsTrigger] as const

/** Types whose equality needs no name to be looked up, and is as fine as the value. */
const plain =
  /^(?:smallint|integer|bigint|numeric|real|double precision|boolean|uuid|date|bytea|oid|inet|cidr|interval|jsonb|time(?:stamp)?(?:\(\d\))? with(?:out)? time zone|numeric\(\d+,\d+\))(?:\[\])*$/
const textual = /^(?:text|character varying(?:\(\d+\))?)$/

/** SQL of a value that differs wherever the column's does, and needs nothing that is not in pg_catalog. */
export function comparable(row: string, { name, type }: ColumnShape): string {
  const value = `${row}.${quoteIdentifier(name)}`
  if (plain.test(type)) return value
  return textual.test(type) ? `${value} collate pg_catalog."C"` : `${value}::text`
}

/** Columns whose change has to be carried to the twin: all but those that Postgres makes, and vectors that are embedded. */
function watchedColumns(change: VectorChange, table: TableState): readonly ColumnShape[] {
  const own = vectorColumn(change, table)
  const follows = change.spec.options.embedder === undefined
  return table.shape.columns.filter((column) => (column.name === own?.name ? follows : !isComputed(column)))
}

/** Whether Postgres makes the values out of the row's others; those of identity columns are carried like any. */
export function isComputed({ generated, default: given }: ColumnShape): boolean {
  return generated && given !== undefined
}

/** One function for all tables with these columns; the table's name is its argument. */
function captureFunction(change: VectorChange, table: TableState): { readonly name: string; readonly body: string } {
  const key = keyOf(table)
  const texts = (row: string): string =>
    `array[${key.map(({ name }) => `${row}.${quoteIdentifier(name)}::text`).join(', ')}]`
  const rowOf = (row: string, columns: readonly ColumnShape[]): string =>
    `(${columns.map((column) => comparable(row, column)).join(', ')})`
  const differs = (columns: readonly ColumnShape[]): string =>
    columns.length === 0 ? 'false' : `row${rowOf('new', columns)} is distinct from row${rowOf('old', columns)}`
  const body = `
begin
  if tg_op = 'TRUNCATE' then
    insert into lockstep_vectors.outbox (table_name, key) values (tg_argv[0], null);
  elsif tg_op = 'INSERT' then
    insert into lockstep_vectors.outbox (table_name, key) values (tg_argv[0], ${texts('new')});
  elsif tg_op = 'DELETE' then
    insert into lockstep_vectors.outbox (table_name, key) values (tg_argv[0], ${texts('old')});
  elsif ${differs(key)} then
    insert into lockstep_vectors.outbox (table_name, key) values (tg_argv[0], ${texts('old')}), (tg_argv[0], ${texts('new')});
  elsif ${differs(watchedColumns(change, table))} then
    insert into lockstep_vectors.outbox (table_name, key) values (tg_argv[0], ${texts('new')});
  end if;
  return null;
end
`
  return { name: `lockstep_vectors.capture_${md5(body).slice(0, 12)}`, body }
}

/**
 * Statements after whose commit no change of the table goes unnoted. The function runs as its owner: clients need no
 * rights of their own. Also writes that a replica or a restore makes are noted.
 */
export function captureStatements(change: VectorChange, table: TableState, quoted: string): readonly string[] {
  const { name, body } = captureFunction(change, table)
  const [row, emptied] = captureTriggers.map(quoteIdentifier)
  const isMissing = `pg_catalog.to_regprocedure(${quoteLiteral(`${name}()`)}) is null`
  return [
    // Tables switch at the same time: they wait for each other only where the first of them makes the function.
    `do $lockstep$ begin
  if ${isMissing} then
    perform pg_catalog.pg_advisory_xact_lock(471532, 1);
    if ${isMissing} then
      create function ${name}() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $capture$${body}$capture$;
    end if;
  end if;
end $lockstep$`,
    `create trigger ${row} after insert or update or delete on ${quoted} for each row execute function ${name}(${knownAs(table)})`,
    `create trigger ${emptied} after truncate on ${quoted} for each statement execute function ${name}(${knownAs(table)})`,
    `alter table ${quoted} enable always trigger ${row}, enable always trigger ${emptied}`,
  ]
}

/** Statements that take the triggers away. */
export function releaseStatements(quoted: string): readonly string[] {
  return ownTriggers.map((name) => `drop trigger if exists ${quoteIdentifier(name)} on ${quoted}`)
}

const rekeyTrigger = quoteIdentifier('~lockstep_vectors_keys')

/**
 * Statements after whose commit a row that is listed as missing its vector is listed under each key that it gets. The old key stays:
 * in one statement it may be that of another row by then.
 */
export function followKeys(table: TableState, quoted: string): readonly string[] {
  const key = keyOf(table)
  const texts = (row: string): string =>
    `array[${key.map(({ name }) => `${row}.${quoteIdentifier(name)}::text`).join(', ')}]`
  const body = `
begin
  insert into lockstep_vectors.missing (table_name, key)
    select m.table_name, ${texts('new')} from lockstep_vectors.missing m where m.table_name = tg_argv[0] and m.key = ${texts('old')}
    on conflict do nothing;
  return null;
end
`
  const name = `lockstep_vectors.follow_${md5(body).slice(0, 12)}`
  const rowOf = (row: string): string =>
    `row(${key.map((column) => `${row}.${quoteIdentifier(column.name)}`).join(', ')})`
  return [
    `create or replace function ${name}() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $follow$${body}$follow$`,
    `create trigger ${rekeyTrigger} after update on ${quoted} for each row when (${rowOf('new')} is distinct from ${rowOf('old')}) execute function ${name}(${knownAs(table)})`,
    `alter table ${quoted} enable always trigger ${rekeyTrigger}`,
  ]
}

/** A statement that takes the trigger away. */
export function unfollowKeys(quoted: string): string {
  return `drop trigger if exists ${rekeyTrigger} on ${quoted}`
}
