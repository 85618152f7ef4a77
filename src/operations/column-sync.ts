import { quoteIdentifier, quoteLiteral } from '../kernel/identifiers.ts'
import type { ColumnPair } from './column-pair.ts'
import { downSql, isIdentity, upSql } from './column-pair.ts'
import type { Companion } from './companion.ts'

/** The trigger comes after all others before a row is written: what they made of the row is what is kept in step. */
export function syncTrigger({ tag }: ColumnPair): string {
  return `~lockstep_${tag}`
}

/**
 * In a schema apart from the ledger: it outlives a lost ledger, and whoever makes a tenant's table has to be able to
 * name it.
 */
export function syncFunction({ tag }: ColumnPair): string {
  return `lockstep_sync.keep_${tag}`
}

/** A SQL statement of the trigger on the table, named as quoted; `given` is what its function is told. */
export function triggerSql(pair: ColumnPair, table: string, given = ''): string {
  return `create trigger ${quoteIdentifier(syncTrigger(pair))} before insert or update on ${table} for each row execute function ${syncFunction(pair)}(${given})`
}

/** A number of its own for each change, for advisory locks. */
export function syncLock({ tag }: ColumnPair): string {
  return `471530, ${Number.parseInt(tag.slice(0, 7), 16)}`
}

/** One trigger function for all tables of the step. */
export function syncCompanion(
  pair: ColumnPair,
  code: string = isIdentity(pair) ? identityBody(pair) : body(pair),
): Companion {
  const name = `${syncFunction(pair)}()`
  return {
    what: `function ${name}`,
    exists: `pg_catalog.to_regprocedure(${quoteLiteral(name)}) is not null`,
    create: [
      `select pg_catalog.pg_advisory_xact_lock(${schemaLock})`,
      `do $lockstep$ begin
  if not exists (select from pg_catalog.pg_namespace where nspname = 'lockstep_sync') then create schema lockstep_sync; end if;
end $lockstep$`,
      'grant usage on schema lockstep_sync to public',
      `create function ${name} returns trigger language plpgsql as $lockstep$${code}$lockstep$`,
    ],
    drop: dropScript(pair),
  }
}

/** Held by whoever makes or drops the schema; IF NOT EXISTS would believe a cache that no lock of this kind refreshes. */
const schemaLock = '471531, 0'

/**
 * A table that is being made by the provisioning function is not seen yet and may get the trigger any moment: such a
 * transaction holds the lock shared, and whoever drops comes again later.
 */
function dropScript(pair: ColumnPair): string {
  const name = quoteLiteral(`${syncFunction(pair)}()`)
  return `do $lockstep$ begin
  if not pg_catalog.pg_try_advisory_xact_lock(${syncLock(pair)}) then
    raise exception 'a tenant is being made' using errcode = '55P03';
  end if;
  if not exists (select from pg_catalog.pg_trigger where tgfoid = pg_catalog.to_regprocedure(${name})) then
    perform pg_catalog.pg_advisory_xact_lock(${schemaLock});
    execute 'drop function if exists ' || ${name};
    if not exists (select from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
                   where n.nspname = 'lockstep_sync')
      and exists (select from pg_catalog.pg_namespace where nspname = 'lockstep_sync') then
      drop schema lockstep_sync;
    end if;
  end if;
end $lockstep$`
}

/** Names of columns go before names of variables: a column may be called like one. */
function body(pair: ColumnPair): string {
  const [before, after] = [quoteIdentifier(pair.old), quoteIdentifier(pair.new)]
  const up = (row: string): string => `(select ${upSql(pair)} from (select ${row}.*) lockstep_row)`
  const down = `(select ${downSql(pair)} from (select new.*) lockstep_row)`
  return `
#variable_conflict use_column
begin
  if tg_op = 'UPDATE' then
    if new.${after} is not distinct from old.${after} then
      if new.${before} is not distinct from old.${before} and new.${after} is not null
        and ${up('new')} is not distinct from ${up('old')} then
        return new;
      end if;
      new.${after} := ${up('new')};
      return new;
    end if;
  elsif new.${after} is null then
    new.${after} := ${up('new')};
    return new;
  end if;
  if new.${after} is distinct from ${up('new')} then
    new.${before} := ${down};
    if new.${after} is null then
      new.${after} := ${up('new')};
    end if;
  end if;
  return new;
end
`
}

/** The same without a look at the row as a whole: several times faster. */
function identityBody(pair: ColumnPair): string {
  const [before, after] = [quoteIdentifier(pair.old), quoteIdentifier(pair.new)]
  return `
begin
  if new.${after} is not distinct from new.${before} then
    return new;
  end if;
  if (case when tg_op = 'UPDATE' then new.${after} is not distinct from old.${after} else new.${after} is null end) then
    new.${after} := new.${before};
  else
    new.${before} := new.${after};
  end if;
  return new;
end
`
}
