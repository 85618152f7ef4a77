import { quoteIdentifier, quoteLiteral, quoteTable } from '../../../kernel/identifiers.ts'
import type { TableState } from '../../table-state.ts'
import { nextSchema, printType, twinIn, typeAfter, vectorColumn, vectorType } from './vector-change.ts'
import type { VectorChange } from './vector-change.ts'

/**
 * A script that makes the empty twin: columns, defaults, checks and comments by LIKE, then the primary key, unique and
 * exclusion constraints, indexes but the approximate ones, owner, rights, row security, policies and settings. Triggers,
 * foreign keys and publications follow at the switch: before it they would act on rows that nobody has written.
 */
export function makeTwin(change: VectorChange, table: TableState): readonly string[] {
  const now = vectorType(vectorColumn(change, table)?.type)
  if (now === undefined) return []
  const twin = twinIn(nextSchema, table)
  const column = quoteIdentifier(change.column)
  const alter = (what: string): string => `alter table ${twin} alter column ${column} ${what}`
  return [
    `create table ${twin} (like ${quoteTable(table)} including all excluding indexes excluding statistics)`,
    alter('drop default'),
    alter('drop not null'),
    alter(`type ${printType(typeAfter(change, now))} using null`),
    alter('set storage main'),
    copyScript(change, quoteTable(table), twin),
  ]
}

/**
 * Statements that keep texts beside their vectors, or stop it: where a row is long, Postgres else moves each text out into another
 * table, which costs as much as writing the row itself. A setting of the app's own stays.
 */
export function keepWhole(table: TableState, whole: boolean): string {
  const twin = twinIn(nextSchema, table)
  return `do $lockstep$ begin
  if not exists (select from pg_catalog.pg_class c cross join pg_catalog.pg_options_to_table(c.reloptions) o
    where c.oid = ${quoteLiteral(quoteTable(table))}::regclass and o.option_name = 'toast_tuple_target') then
    alter table ${twin} ${whole ? `set (toast_tuple_target = ${longestRow})` : 'reset (toast_tuple_target)'};
  end if;
end $lockstep$`
}

/** Bytes of a row that fill a page, the most that the setting takes. */
const longestRow = 8_160

/** Indexes that are built when the rows are there, and only where they pay. */
const isApproximate = (index: string): string =>
  `exists (select from pg_class c join pg_am m on m.oid = c.relam where c.oid = ${index} and m.amname in ('hnsw', 'ivfflat'))`

/** SQL over `pg_class c`: what of a table is neither column nor constraint, as statements about the table `{t}`. */
const settings = `
    select 1 as turn, 'alter table {t} set (' || array_to_string(c.reloptions, ', ') || ')' as run
    from pg_class c where c.oid = source and c.reloptions is not null
    union all
    select 2, format('comment on table {t} is %L', obj_description(source, 'pg_class')) where obj_description(source, 'pg_class') is not null
    union all
    select 3, case when c.relrowsecurity then 'alter table {t} enable row level security' end from pg_class c where c.oid = source
    union all
    select 3, case when c.relforcerowsecurity then 'alter table {t} force row level security' end from pg_class c where c.oid = source
    union all
    select 4, format('create policy %I on {t} as %s for %s to %s%s%s', p.polname, case when p.polpermissive then 'permissive' else 'restrictive' end,
             case p.polcmd when '*' then 'all' when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' else 'delete' end,
             (select string_agg(case when r = 0 then 'public' else quote_ident(pg_get_userbyid(r)) end, ', ') from unnest(p.polroles) r),
             ' using (' || pg_get_expr(p.polqual, p.polrelid) || ')', ' with check (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')')
    from pg_policy p where p.polrelid = source
    union all
    select 5, format('comment on policy %I on {t} is %L', p.polname, obj_description(p.oid, 'pg_policy'))
    from pg_policy p where p.polrelid = source and obj_description(p.oid, 'pg_policy') is not null
    union all
    select 6, case c.relreplident when 'f' then 'alter table {t} replica identity full' when 'n' then 'alter table {t} replica identity nothing' end
    from pg_class c where c.oid = source
    union all
    select 6, format('alter table {t} replica identity using index %I', i.relname)
    from pg_index x join pg_class i on i.oid = x.indexrelid where x.indrelid = source and x.indisreplident and not ${isApproximate('i.oid')}
    union all
    select 7, format('alter table {t} alter column %I set statistics %s', a.attname, a.attstattarget)
    from pg_attribute a where a.attrelid = source and a.attnum > 0 and not a.attisdropped and a.attstattarget > 0
    union all
    select 7, format('alter table {t} alter column %I set (%s)', a.attname, array_to_string(a.attoptions, ', '))
    from pg_attribute a where a.attrelid = source and a.attnum > 0 and not a.attisdropped and a.attoptions is not null
    union all
    select 8, format('revoke all on {t} from %s', case when x.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(x.grantee)) end)
    from (select distinct x.grantee from pg_class c cross join aclexplode(c.relacl) x where c.oid = twin) x
    union all
    select 9, format('grant %s on {t} to %s%s', x.privilege_type, case when x.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(x.grantee)) end,
             case when x.is_grantable then ' with grant option' else '' end)
    from pg_class c cross join aclexplode(c.relacl) x where c.oid = source and x.grantee <> c.relowner
    union all
    select 9, format('grant %s (%I) on {t} to %s%s', x.privilege_type, a.attname, case when x.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(x.grantee)) end,
             case when x.is_grantable then ' with grant option' else '' end)
    from pg_attribute a cross join aclexplode(a.attacl) x where a.attrelid = source and not a.attisdropped`

/** What is said about the vectors themselves is left out of constraints and indexes only where it could not hold. */
function copyScript({ column }: VectorChange, source: string, twin: string): string {
  return `do $lockstep$ declare
  source oid := ${quoteLiteral(source)}::regclass;
  twin oid := ${quoteLiteral(twin)}::regclass;
  lockstep_what record; begin
  for lockstep_what in
    select format('alter table {t} add constraint %I %s', k.conname, pg_get_constraintdef(k.oid)) as run,
           format('comment on constraint %I on {t} is %L', k.conname, obj_description(k.oid, 'pg_constraint')) as comment,
           obj_description(k.oid, 'pg_constraint') is not null as commented
    from pg_constraint k where k.conrelid = source and k.contype in ('p', 'u', 'x') order by k.contype, k.conname
  loop
    execute replace(lockstep_what.run, '{t}', ${quoteLiteral(twin)});
    if lockstep_what.commented then execute replace(lockstep_what.comment, '{t}', ${quoteLiteral(twin)}); end if;
  end loop;
  for lockstep_what in
    select i.relname, x.indisunique, substr(d.def, strpos(d.def, ' USING ')) as rest, obj_description(i.oid, 'pg_class') as comment
    from pg_index x join pg_class i on i.oid = x.indexrelid cross join lateral (select pg_get_indexdef(i.oid) as def) d
    where x.indrelid = source and not exists (select from pg_constraint k where k.conindid = i.oid and k.conrelid = source)
      and not (${isApproximate('i.oid')} and exists (select from pg_depend p join pg_attribute a on a.attrelid = p.refobjid and a.attnum = p.refobjsubid
               where p.classid = 'pg_class'::regclass and p.objid = i.oid and p.refobjid = source and a.attname = ${quoteLiteral(column)}))
    order by i.relname
  loop
    execute format('create %sindex %I on %s', case when lockstep_what.indisunique then 'unique ' else '' end, lockstep_what.relname,
                   ${quoteLiteral(twin)}) || lockstep_what.rest;
    if lockstep_what.comment is not null then
      execute format('comment on index ${nextSchema}.%I is %L', lockstep_what.relname, lockstep_what.comment);
    end if;
  end loop;
  for lockstep_what in select s.run from (${settings}) s where s.run is not null order by s.turn loop
    execute replace(lockstep_what.run, '{t}', ${quoteLiteral(twin)});
  end loop;
  if (select c.relowner <> t.relowner from pg_class c, pg_class t where c.oid = source and t.oid = twin) then
    for lockstep_what in select quote_ident(pg_get_userbyid(c.relowner)) as owner from pg_class c where c.oid = source loop
      execute 'grant usage, create on schema lockstep_next, lockstep_past to ' || lockstep_what.owner;
      execute format('alter table %s owner to %s', ${quoteLiteral(twin)}, lockstep_what.owner);
    end loop;
  end if;
end $lockstep$`
}
