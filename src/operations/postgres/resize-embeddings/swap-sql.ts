import { quoteIdentifier, quoteLiteral, quoteTable } from '../../../kernel/identifiers.ts'
import type { TableName } from '../../../kernel/identifiers.ts'
import { ownTriggers, releaseStatements } from './capture-sql.ts'
import { nextSchema, pastSchema, twinIn } from './vector-change.ts'

/** Which of the two tables is the app's afterwards: the one in the new shape, or again the one in the old shape. */
export type Direction = 'there' | 'back'

const mine = ownTriggers.map(quoteLiteral).join(', ')

/** What acts on rows that clients write: a statement that takes it from the table, and those that give it to the other. */
const moved = `    select format('drop trigger %I on {t}', t.tgname) as run, array_remove(array[
             pg_get_triggerdef(t.oid),
             case t.tgenabled when 'D' then format('alter table {t} disable trigger %I', t.tgname) when 'R' then format('alter table {t} enable replica trigger %I', t.tgname)
                              when 'A' then format('alter table {t} enable always trigger %I', t.tgname) end,
             case when obj_description(t.oid, 'pg_trigger') is not null then format('comment on trigger %I on {t} is %L', t.tgname, obj_description(t.oid, 'pg_trigger')) end], null) as later
    from pg_trigger t where t.tgrelid = lockstep_now and not t.tgisinternal and t.tgname not in (${mine})
    union all
    select format('alter table {t} drop constraint %I', k.conname), array_remove(array[
             format('alter table {t} add constraint %I %s%s', k.conname, pg_get_constraintdef(k.oid), case when k.convalidated then ' not valid' else '' end),
             case when obj_description(k.oid, 'pg_constraint') is not null then format('comment on constraint %I on {t} is %L', k.conname, obj_description(k.oid, 'pg_constraint')) end], null)
    from pg_constraint k where k.conrelid = lockstep_now and k.contype = 'f'
    union all
    select format('alter publication %I drop table {t}', p.pubname), array[
             format('alter publication %I add table {t}%s%s', p.pubname,
               case when r.prattrs is not null then ' (' || (select string_agg(quote_ident(a.attname), ', ' order by a.attnum) from pg_attribute a
                 where a.attrelid = lockstep_now and a.attnum = any(r.prattrs)) || ')' else '' end,
               case when r.prqual is not null then ' where (' || pg_get_expr(r.prqual, r.prrelid) || ')' else '' end)]
    from pg_publication_rel r join pg_publication p on p.oid = r.prpubid where r.prrelid = lockstep_now
    union all
    select format('alter sequence %I.%I owned by none', n.nspname, s.relname), array[format('alter sequence %I.%I owned by {t}.%I', n.nspname, s.relname, a.attname)]
    from pg_depend d join pg_class s on s.oid = d.objid and s.relkind = 'S' join pg_namespace n on n.oid = s.relnamespace
    join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
    where d.classid = 'pg_class'::regclass and d.refobjid = lockstep_now and d.deptype = 'a'`

/** Sequences of identity columns: each table has its own. */
const identities = `    select format('%I.%I', n.nspname, s.relname) as own, format('%I.%I', m.nspname, o.relname) as other
    from pg_depend d join pg_class s on s.oid = d.objid and s.relkind = 'S' join pg_namespace n on n.oid = s.relnamespace
    join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
    join pg_attribute b on b.attrelid = lockstep_twin and b.attname = a.attname
    join pg_depend e on e.classid = 'pg_class'::regclass and e.refobjid = lockstep_twin and e.refobjsubid = b.attnum and e.deptype = 'i'
    join pg_class o on o.oid = e.objid and o.relkind = 'S' join pg_namespace m on m.oid = o.relnamespace
    where d.classid = 'pg_class'::regclass and d.refobjid = lockstep_now and d.deptype = 'i'`

/**
 * A script that puts the twin in the table's place and the table aside, in the caller's transaction. Names of indexes,
 * constraints and sequences stay, for each table has a schema of its own. What acts on rows that clients write (triggers,
 * foreign keys, publications) goes with the place; foreign keys come not yet valid, `validateSql` does the rest.
 */
export function swapScript(table: TableName, direction: Direction): string {
  const here = quoteTable(table)
  const [from, to] = direction === 'there' ? ([nextSchema, pastSchema] as const) : ([pastSchema, nextSchema] as const)
  const moving = (sql: string): string => sql.replaceAll('{t}', quoteLiteral(here).slice(1, -1))
  return moving(`do $lockstep$ declare
  lockstep_now oid := ${quoteLiteral(here)}::regclass;
  lockstep_twin oid := ${quoteLiteral(twinIn(from, table))}::regclass;
  lockstep_after text[] := '{}';
  lockstep_sql text;
  lockstep_what record; begin
  ${releaseStatements(here).join(';\n  ')};
  for lockstep_what in
${moved}
  loop
    lockstep_after := lockstep_after || lockstep_what.later;
    execute lockstep_what.run;
  end loop;
  for lockstep_what in
${identities}
  loop
    execute format('select setval(%L, last_value, is_called) from %s', lockstep_what.other, lockstep_what.own);
  end loop;
  alter table ${here} set schema ${to};
  alter table ${twinIn(from, table)} set schema ${quoteIdentifier(table.schema)};
  foreach lockstep_sql in array lockstep_after loop execute lockstep_sql; end loop;
end $lockstep$`)
}

/** A script that checks foreign keys that a swap made not yet valid, for the rows there are. */
export function validateScript(table: TableName, keys: readonly string[]): string {
  return keys.map((name) => `alter table ${quoteTable(table)} validate constraint ${quoteIdentifier(name)}`).join(';\n')
}
