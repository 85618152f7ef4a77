import { quoteIdentifier, quoteLiteral, quoteTable } from '../../../kernel/identifiers.ts'
import type { TableName } from '../../../kernel/identifiers.ts'
import { ownTriggers, releaseStatements } from './capture-sql.ts'
import { nextSchema, pastSchema, twinIn } from './vector-change.ts'

/** Which of the two tables is the app's afterwards: the one in the new shape, or again the one in the old shape. */
export type Direction = 'there' | 'back'

const mine = ownTriggers.map(quoteLiteral).join(', ')

/**
 * What acts on rows that clients write, a query of each kind: `run` takes it from the table, `later` gives it to the other. Small queries
 * of few tables each: all of this is planned anew under the switch's lock, and one query of all of it took most of the time.
 */
const moved = [
  `select format('drop trigger %I on {t}', t.tgname) as run, array_remove(array[
             pg_get_triggerdef(t.oid),
             case t.tgenabled when 'D' then format('alter table {t} disable trigger %I', t.tgname) when 'R' then format('alter table {t} enable replica trigger %I', t.tgname)
                              when 'A' then format('alter table {t} enable always trigger %I', t.tgname) end,
             case when obj_description(t.oid, 'pg_trigger') is not null then format('comment on trigger %I on {t} is %L', t.tgname, obj_description(t.oid, 'pg_trigger')) end], null) as later
    from pg_trigger t where t.tgrelid = lockstep_now and not t.tgisinternal and t.tgname not in (${mine})`,
  `select format('alter table {t} drop constraint %I', k.conname) as run, array_remove(array[
             format('alter table {t} add constraint %I %s%s', k.conname, pg_get_constraintdef(k.oid), case when k.convalidated then ' not valid' else '' end),
             case when obj_description(k.oid, 'pg_constraint') is not null then format('comment on constraint %I on {t} is %L', k.conname, obj_description(k.oid, 'pg_constraint')) end], null) as later
    from pg_constraint k where k.conrelid = lockstep_now and k.contype = 'f'`,
  `select format('alter publication %I drop table {t}', p.pubname) as run, array[
             format('alter publication %I add table {t}%s%s', p.pubname,
               case when r.prattrs is not null then ' (' || (select string_agg(quote_ident(a.attname), ', ' order by a.attnum) from pg_attribute a
                 where a.attrelid = lockstep_now and a.attnum = any(r.prattrs)) || ')' else '' end,
               case when r.prqual is not null then ' where (' || pg_get_expr(r.prqual, r.prrelid) || ')' else '' end)] as later
    from pg_publication_rel r join pg_publication p on p.oid = r.prpubid where r.prrelid = lockstep_now`,
  `select format('alter sequence %s owned by none', s.oid::regclass) as run, array[format('alter sequence %s owned by {t}.%I', s.oid::regclass,
             (select a.attname from pg_attribute a where a.attrelid = d.refobjid and a.attnum = d.refobjsubid))] as later
    from pg_depend d join pg_class s on s.oid = d.objid and s.relkind = 'S'
    where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = lockstep_now and d.deptype = 'a'`,
]

const moveEach = moved
  .map(
    (query) => `for lockstep_what in ${query}
  loop
    lockstep_after := lockstep_after || lockstep_what.later;
    execute lockstep_what.run;
  end loop;`,
  )
  .join('\n  ')

/**
 * A script that puts the twin in the table's place and the table aside, in the caller's transaction. Names of indexes,
 * constraints and sequences stay, for each table has a schema of its own. What acts on rows that clients write (triggers,
 * foreign keys, publications) goes with the place; foreign keys come not yet valid, `validateSql` does the rest.
 */
export function swapScript(table: TableName, direction: Direction): string {
  const here = quoteTable(table)
  const [from, to] = direction === 'there' ? ([nextSchema, pastSchema] as const) : ([pastSchema, nextSchema] as const)
  const twin = twinIn(from, table)
  // It stands in a format of a literal.
  const named = quoteLiteral(here).slice(1, -1).replaceAll('%', '%%')
  return `do $lockstep$ declare
  lockstep_now oid := ${quoteLiteral(here)}::regclass;
  lockstep_after text[] := '{}';
  lockstep_sql text;
  lockstep_own text;
  lockstep_other text;
  lockstep_what record; begin
  ${releaseStatements(here).join(';\n  ')};
  ${moveEach.replaceAll('{t}', () => named)}
  for lockstep_what in
    select a.attname from pg_attribute a where a.attrelid = lockstep_now and a.attidentity <> '' and not a.attisdropped
  loop
    -- Each table has a sequence of its own.
    lockstep_own := pg_get_serial_sequence(${quoteLiteral(here)}, lockstep_what.attname);
    lockstep_other := pg_get_serial_sequence(${quoteLiteral(twin)}, lockstep_what.attname);
    if lockstep_own is not null and lockstep_other is not null then
      execute format('select setval(%L, last_value, is_called) from %s', lockstep_other, lockstep_own);
    end if;
  end loop;
  alter table ${here} set schema ${to};
  alter table ${twin} set schema ${quoteIdentifier(table.schema)};
  foreach lockstep_sql in array lockstep_after loop execute lockstep_sql; end loop;
end $lockstep$`
}

/** A script that checks foreign keys that a swap made not yet valid, for the rows there are. */
export function validateScript(table: TableName, keys: readonly string[]): string {
  return keys.map((name) => `alter table ${quoteTable(table)} validate constraint ${quoteIdentifier(name)}`).join(';\n')
}
