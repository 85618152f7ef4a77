import { quoteIdentifier, quoteLiteral, quoteTable } from '../../../kernel/identifiers.ts'
import { constantDefault } from '../../column-carry.ts'
import { syncTrigger, triggerSql } from '../../column-sync.ts'
import type { TableState } from '../../table-state.ts'
import type { Swap } from './swap.ts'
import { besideName, hiddenNames, pairsOf, pastName } from './swap.ts'

/** Statements after which the new column has the name and the old one is hidden. */
export function swapStatements(swap: Swap, table: TableState): readonly string[] {
  const { young, old } = hiddenNames(swap)
  return exchange(swap, table, {
    leaves: old,
    comes: young,
    trigger: triggerSql(pairsOf(swap).before, quoteTable(table), `'swapped'`),
    value: pairsOf(swap).after.up,
    names: carriedNames(table, (name) => besideName(swap, name)).map((name) => ({
      name,
      leaves: pastName(swap, name),
      comes: besideName(swap, name),
    })),
    // The index of the key that leaves was built beside it: nothing has to be built on the way back.
    key: (name) => besideName(swap, name),
  })
}

/** The same the other way round. */
export function swapBackStatements(swap: Swap, table: TableState): readonly string[] {
  const { young, old } = hiddenNames(swap)
  return exchange(swap, table, {
    leaves: young,
    comes: old,
    trigger: triggerSql(pairsOf(swap).before, quoteTable(table)),
    value: pairsOf(swap).before.down,
    names: carriedNames(table, (name) => pastName(swap, name)).map((name) => ({
      name,
      leaves: besideName(swap, name),
      comes: pastName(swap, name),
    })),
    key: (name) => pastName(swap, name),
  })
}

interface Exchange {
  /** What the column is called from now on that has the name, and what that one is called which gets it. */
  readonly leaves: string
  readonly comes: string
  readonly trigger: string
  /** SQL of the value of the column that comes, over the row after the exchange. */
  readonly value: string
  readonly names: readonly { readonly name: string; readonly leaves: string; readonly comes: string }[]
  /** The index that becomes the primary key of this name. */
  readonly key: (name: string) => string
}

function exchange(
  swap: Swap,
  table: TableState,
  { leaves, comes, trigger, value, names, key }: Exchange,
): readonly string[] {
  const name = quoteTable(table)
  const alter = (what: string): string => `alter table ${name} ${what}`
  const rename = (from: string, to: string): string =>
    alter(`rename column ${quoteIdentifier(from)} to ${quoteIdentifier(to)}`)
  return [
    rename(swap.column, leaves),
    rename(comes, swap.column),
    `drop trigger ${quoteIdentifier(syncTrigger(pairsOf(swap).before))} on ${name}`,
    trigger,
    moveDefaultSql(name, { from: leaves, to: swap.column, value }),
    ...names.flatMap((each) => [...renamed(table, each.name, each.leaves), ...renamed(table, each.comes, each.name)]),
    ...primaryKeyOf(swap, table).map((each) => moveKeySql(name, each, key(each))),
    exchangeNotNullSql(name, leaves, swap.column),
  ]
}

/** From PostgreSQL 18 on NOT NULL is a constraint with a name. */
function exchangeNotNullSql(table: string, leaves: string, comes: string): string {
  const named = (column: string): string => `(select k.conname from pg_catalog.pg_constraint k
    join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and k.conkey = array[a.attnum]
    where k.conrelid = ${quoteLiteral(table)}::pg_catalog.regclass and k.contype = 'n' and a.attname = ${quoteLiteral(column)})`
  const rename = inFormat(`alter table ${table} rename constraint`)
  return `do $lockstep$ declare lockstep_old text := ${named(leaves)}; lockstep_new text := ${named(comes)}; begin
  if lockstep_old is not null and lockstep_new is not null then
    execute pg_catalog.format(${quoteLiteral(`${rename} %I to lockstep_between`)}, lockstep_old);
    execute pg_catalog.format(${quoteLiteral(`${rename} %I to %I`)}, lockstep_new, lockstep_old);
    execute pg_catalog.format(${quoteLiteral(`${rename} lockstep_between to %I`)}, lockstep_new);
  end if;
end $lockstep$`
}

/** Indexes and constraints of the table that have a counterpart, but for the primary key. */
function carriedNames({ shape }: TableState, counterpart: (name: string) => string): readonly string[] {
  const all = [...new Set([...shape.constraints, ...shape.indexes].map(({ name }) => name))]
  const known = new Set(all)
  const keys = new Set(shape.constraints.flatMap(({ kind, name }) => (kind === 'primary key' ? [name] : [])))
  return all.filter((name) => !keys.has(name) && known.has(counterpart(name)))
}

function renamed(table: TableState, from: string, to: string): readonly string[] {
  const [old, young] = [quoteIdentifier(from), quoteIdentifier(to)]
  const isConstraint = table.shape.constraints.some(({ name }) => name === from)
  return [
    isConstraint
      ? `alter table ${quoteTable(table)} rename constraint ${old} to ${young}`
      : `alter index ${quoteIdentifier(table.schema)}.${old} rename to ${young}`,
  ]
}

/** The name of the primary key where the column is part of it. */
export function primaryKeyOf({ column }: Swap, { shape }: Pick<TableState, 'shape'>): readonly string[] {
  if (!shape.primaryKey.includes(column)) return []
  return shape.constraints.flatMap(({ kind, name }) => (kind === 'primary key' ? [name] : []))
}

/** A table has one primary key: it goes, and another index becomes it, with what was said of it. */
function moveKeySql(table: string, key: string, index: string): string {
  const name = quoteIdentifier(key)
  return `do $lockstep$ declare lockstep_key record; begin
  select pg_catalog.obj_description(k.oid, 'pg_constraint') as said, pg_catalog.obj_description(i.indexrelid, 'pg_class') as index_said,
         i.indisclustered as clustered, i.indexrelid::pg_catalog.regclass::text as index into lockstep_key
  from pg_catalog.pg_constraint k join pg_catalog.pg_index i on i.indexrelid = k.conindid
  where k.conrelid = ${quoteLiteral(table)}::pg_catalog.regclass and k.contype = 'p';
  alter table ${table} drop constraint ${name};
  alter table ${table} add constraint ${name} primary key using index ${quoteIdentifier(index)};
  if lockstep_key.clustered then
    alter table ${table} cluster on ${name};
  end if;
  if lockstep_key.said is not null then
    execute pg_catalog.format(${quoteLiteral(`${inFormat(`comment on constraint ${name} on ${table}`)} is %L`)}, lockstep_key.said);
  end if;
  if lockstep_key.index_said is not null then
    execute pg_catalog.format('comment on index %s is %L', lockstep_key.index, lockstep_key.index_said);
  end if;
end $lockstep$`
}

/** Text in the format string of format(). */
function inFormat(sql: string): string {
  return sql.replaceAll('%', '%%')
}

interface DefaultMove {
  readonly from: string
  readonly to: string
  readonly value: string
}

/**
 * The default, the sequence and what makes values of the one column are the other's from now on. A default that is one
 * value is converted; any other stays as it is written.
 */
function moveDefaultSql(table: string, { from, to, value }: DefaultMove): string {
  const [old, young] = [quoteIdentifier(from), quoteIdentifier(to)]
  return `do $lockstep$ declare lockstep_default text; lockstep_type text; lockstep_sequence text; lockstep_identity "char"; begin
  select pg_catalog.pg_get_expr(d.adbin, d.adrelid), pg_catalog.format_type(a.atttypid, a.atttypmod), a.attidentity
  into lockstep_default, lockstep_type, lockstep_identity
  from pg_catalog.pg_attribute a left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attrelid = ${quoteLiteral(table)}::pg_catalog.regclass and a.attname = ${quoteLiteral(from)};
  lockstep_sequence := pg_catalog.pg_get_serial_sequence(${quoteLiteral(table)}, ${quoteLiteral(from)});
${moveIdentitySql(table, old, young)}
  if lockstep_default is not null then
    if lockstep_default ~* ${quoteLiteral(constantDefault)} then
      ${convertDefaultSql(old, value)}
    end if;
    execute ${quoteLiteral(`alter table ${table} alter column ${young} set default `)} || lockstep_default;
    alter table ${table} alter column ${old} drop default;
  end if;
  if lockstep_sequence is not null and lockstep_identity = '' then
    execute 'alter sequence ' || lockstep_sequence || ' owned by ' || ${quoteLiteral(`${table}.${young}`)};
  end if;
end $lockstep$`
}

/** An identity's sequence belongs to its column alone: another takes its place, with its name, settings, rights and number. */
function moveIdentitySql(table: string, old: string, young: string): string {
  return `  if lockstep_identity <> '' then
    declare lockstep_s record; lockstep_n bigint; lockstep_called boolean; lockstep_x record; begin
      select s.*, c.relacl as acl, c.relowner as owner, t.max as type_max, t.min as type_min into lockstep_s
      from pg_catalog.pg_sequence s join pg_catalog.pg_class c on c.oid = s.seqrelid
      cross join lateral (select case s.seqtypid when 'int2'::pg_catalog.regtype then 32767 when 'int4'::pg_catalog.regtype then 2147483647 else 9223372036854775807 end as max,
                                 case s.seqtypid when 'int2'::pg_catalog.regtype then -32768 when 'int4'::pg_catalog.regtype then -2147483648 else -9223372036854775808 end as min) t
      where s.seqrelid = lockstep_sequence::pg_catalog.regclass;
      execute 'select last_value, is_called from ' || lockstep_sequence into lockstep_n, lockstep_called;
      alter table ${table} alter column ${old} drop identity;
      execute pg_catalog.format(${quoteLiteral(`${inFormat(`alter table ${table} alter column ${young}`)} add generated %s as identity (sequence name %s start with %s increment by %s %s %s cache %s %s)`)},
        case lockstep_identity when 'a' then 'always' else 'by default' end, lockstep_sequence, lockstep_s.seqstart, lockstep_s.seqincrement,
        case when lockstep_s.seqmin = lockstep_s.type_min then '' else 'minvalue ' || lockstep_s.seqmin end,
        case when lockstep_s.seqmax = lockstep_s.type_max then '' else 'maxvalue ' || lockstep_s.seqmax end,
        lockstep_s.seqcache, case when lockstep_s.seqcycle then 'cycle' else 'no cycle' end);
      perform pg_catalog.setval(lockstep_sequence::pg_catalog.regclass,
        least(lockstep_n, (select seqmax from pg_catalog.pg_sequence where seqrelid = lockstep_sequence::pg_catalog.regclass)), lockstep_called);
      if lockstep_s.acl is distinct from (select relacl from pg_catalog.pg_class where oid = lockstep_sequence::pg_catalog.regclass) then
        for lockstep_x in select distinct x.grantee from pg_catalog.pg_class c cross join lateral pg_catalog.aclexplode(c.relacl) x
                          where c.oid = lockstep_sequence::pg_catalog.regclass and x.grantee <> lockstep_s.owner loop
          execute pg_catalog.format('revoke all on sequence %s from %s', lockstep_sequence,
            case when lockstep_x.grantee = 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(lockstep_x.grantee)) end);
        end loop;
        for lockstep_x in select * from pg_catalog.aclexplode(lockstep_s.acl) loop
          execute pg_catalog.format('grant %s on sequence %s to %s%s', lockstep_x.privilege_type, lockstep_sequence,
            case when lockstep_x.grantee = 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(lockstep_x.grantee)) end,
            case when lockstep_x.is_grantable then ' with grant option' else '' end);
        end loop;
      end if;
    end;
  end if;`
}

/** The name of a table as it stands in a statement, and as an SQL literal. */
export interface SpelledTable {
  readonly table: string
  readonly literal: string
}

export function spelled(table: TableState): SpelledTable {
  const name = quoteTable(table)
  return { table: name, literal: quoteLiteral(name) }
}

interface Retyping {
  readonly column: string
  readonly to: string
  /** SQL of the value, over a row in which the column has the old one. */
  readonly value: string
  /** The same of each row, where it is known already. */
  readonly using?: string
}

/** A column that takes the other type where it is, with all that hangs on it: its table is written anew under the lock. */
export function retypeSql({ table, literal }: SpelledTable, { column, to, value, using = value }: Retyping): string {
  const name = quoteIdentifier(column)
  return `do $lockstep$ declare lockstep_default text; lockstep_type text; begin
  select pg_catalog.pg_get_expr(d.adbin, d.adrelid), pg_catalog.format_type(a.atttypid, a.atttypmod) into lockstep_default, lockstep_type
  from pg_catalog.pg_attribute a left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attrelid = ${literal}::pg_catalog.regclass and a.attname = ${quoteLiteral(column)};
  if lockstep_default is not null then
    alter table ${table} alter column ${name} drop default;
  end if;
  alter table ${table} alter column ${name} type ${to} using (${using})::${to};
  if lockstep_default is not null then
    if lockstep_default ~* ${quoteLiteral(constantDefault)} then
      ${convertDefaultSql(name, value)}
    end if;
    execute 'alter table ' || ${literal} || ${quoteLiteral(` alter column ${name} set default `)} || lockstep_default;
  end if;
end $lockstep$`
}

/** Of a default that is one value; `lockstep_default` and `lockstep_type` are what it is and of which type. */
function convertDefaultSql(column: string, value: string): string {
  return `execute ${quoteLiteral(`select pg_catalog.quote_nullable((${value})::text) from (select (`)} || lockstep_default || ')::' || lockstep_type || ${quoteLiteral(` as ${column}) lockstep_row`)}
      into lockstep_default;`
}

/** The sequence of a serial column counts as far as the column can; one made for another type is left alone. */
export function sequenceTypeSql(literal: string, column: string, { from, to }: Pick<Swap, 'from' | 'to'>): string {
  if (!['smallint', 'integer', 'bigint'].includes(to)) return 'select 1'
  return `do $lockstep$ declare lockstep_sequence text := pg_catalog.pg_get_serial_sequence(${literal}, ${quoteLiteral(column)}); begin
  if exists (select from pg_catalog.pg_sequence where seqrelid = lockstep_sequence::pg_catalog.regclass and pg_catalog.format_type(seqtypid, null) = ${quoteLiteral(from)}) then
    execute 'alter sequence ' || lockstep_sequence || ${quoteLiteral(` as ${to}`)};
  end if;
end $lockstep$`
}
