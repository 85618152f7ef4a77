import { quoteIdentifier, quoteLiteral } from '../kernel/identifiers.ts'
import { copyAttributesSql } from './column-carry.ts'
import { isIdentity, upSql } from './column-pair.ts'
import type { ColumnPair } from './column-pair.ts'
import { syncFunction, syncLock, triggerSql } from './column-sync.ts'
import { newTable } from './provision-steps.ts'
import type { Extension } from './provisioning.ts'

/**
 * New tenants get both columns and the trigger as long as its function is there, and from contract on the new column
 * alone: the very one of the old, altered, with all that hangs on it.
 */
export function pairExtension(pair: ColumnPair): Extension {
  const isKept = `pg_catalog.to_regprocedure(${quoteLiteral(`${syncFunction(pair)}()`)}) is not null`
  const has = (column: string): string =>
    `exists (select from pg_catalog.pg_attribute where attrelid = lockstep_oid and attname = ${quoteLiteral(column)} and not attisdropped)`
  return {
    tag: pair.tag,
    what: `column ${pair.new} for ${pair.old}`,
    lacks: `${has(pair.old)} and not ${has(pair.new)}`,
    statements: [
      quoteLiteral(`select pg_catalog.pg_advisory_xact_lock_shared(${syncLock(pair)})`),
      `case when ${isKept} then ${filled(pair, beside(pair))} else ${filled(pair, instead(pair))} end`,
    ],
  }
}

/** Stand in a script for the new table, and for its name as a literal. */
export const inNewTable = { table: '{lockstep table}', literal: '{lockstep literal}' } as const
const { table, literal } = inNewTable

/** Stands there for the type of its old column. */
const type = '{lockstep type}'

/** A SQL expression of the script with the names of the table that is being made. */
export function filledForNewTable(script: string): string {
  const named = [
    [table, newTable],
    [literal, `pg_catalog.quote_literal(${newTable})`],
  ] as const
  return named.reduce(
    (sql, [place, value]) => `pg_catalog.replace(${sql}, ${quoteLiteral(place)}, ${value})`,
    quoteLiteral(script),
  )
}

function filled(pair: ColumnPair, script: string): string {
  const typeOf = `(select pg_catalog.format_type(atttypid, atttypmod) from pg_catalog.pg_attribute where attrelid = lockstep_oid and attname = ${quoteLiteral(pair.old)})`
  return `pg_catalog.replace(${filledForNewTable(script)}, ${quoteLiteral(type)}, ${typeOf})`
}

function beside(pair: ColumnPair): string {
  const column = quoteIdentifier(pair.new)
  return [
    `alter table ${table} add column ${column} ${pair.type ?? type}`,
    copyAttributesSql(pair, `${literal}::regclass`),
    `update ${table} set ${column} = ${upSql(pair)}`,
    triggerSql(pair, table),
  ].join(';\n')
}

function instead(pair: ColumnPair): string {
  const [before, after] = [quoteIdentifier(pair.old), quoteIdentifier(pair.new)]
  const rename = `alter table ${table} rename column ${before} to ${after}`
  if (isIdentity(pair)) return rename
  const given = pair.default ?? undefined
  return `do $lockstep$ declare lockstep_default text; lockstep_value text; begin
  select pg_catalog.pg_get_expr(d.adbin, d.adrelid) into lockstep_default
  from pg_catalog.pg_attrdef d join pg_catalog.pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
  where a.attrelid = ${literal}::regclass and a.attname = ${quoteLiteral(pair.old)};
  if lockstep_default is not null and ${pair.default === undefined} then
    execute ${quoteLiteral(`select (${upSql(pair)})::text from (select (`)} || lockstep_default || ${quoteLiteral(`)::${type} as ${before}) lockstep_row`)} into lockstep_value;
  end if;
  alter table ${table} alter column ${before} drop default;
  alter table ${table} alter column ${before} type ${pair.type} using ${upSql(pair)};
  ${rename};
  if lockstep_value is not null then
    execute pg_catalog.format(${quoteLiteral(`alter table ${table} alter column ${after} set default %L`)}, lockstep_value);
  end if;
  ${given === undefined ? '' : `alter table ${table} alter column ${after} set default ${given};`}
end $lockstep$`
}
