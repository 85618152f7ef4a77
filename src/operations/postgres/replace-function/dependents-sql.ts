const quotedTable = (schema: string, table: string): string => `pg_catalog.format('%I.%I', ${schema}, ${table})`

const commentOn = (what: string, name: string, oid: string, catalog: string): string =>
  `case when pg_catalog.obj_description(${oid}, '${catalog}') is null then '[]'::jsonb else jsonb_build_array(
     pg_catalog.format('comment on ${what} %I on %s is %L', ${name}, r.quoted, pg_catalog.obj_description(${oid}, '${catalog}'))) end`

/**
 * Everything that depends on function $1, each with the statements that make it anew; $2 is the size in bytes up to which
 * a table's check is checked at once. To be run while nothing but pg_catalog is on the search path.
 */
export const dependentsStatement = `
with direct as (
  select distinct d.classid, d.objid,
         case when d.classid = 'pg_catalog.pg_class'::regclass then 0 else d.objsubid end as objsubid
  from pg_catalog.pg_depend d
  where d.refclassid = 'pg_catalog.pg_proc'::regclass and d.refobjid = $1::oid and d.deptype in ('n', 'a')
    and not (d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = $1::oid)
), relations as (
  select c.oid, c.relkind, c.reloptions, c.relowner, c.relacl, ${quotedTable('n.nspname', 'c.relname')} as quoted
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
), found as (
  select 1 as rank, d.classid, d.objid, d.objsubid, r.quoted,
         jsonb_build_array(pg_catalog.format('drop trigger %I on %s', t.tgname, r.quoted), pg_catalog.pg_get_triggerdef(t.oid))
         || case t.tgenabled when 'O' then '[]'::jsonb else jsonb_build_array(pg_catalog.format('alter table %s %s trigger %I', r.quoted,
              case t.tgenabled when 'D' then 'disable' when 'R' then 'enable replica' else 'enable always' end, t.tgname)) end
         || ${commentOn('trigger', 't.tgname', 't.oid', 'pg_trigger')} as again,
         pg_catalog.pg_get_triggerdef(t.oid) || t.tgenabled::text || coalesce(pg_catalog.obj_description(t.oid, 'pg_trigger'), '') as text,
         null::text as fixed
  from direct d join pg_catalog.pg_trigger t on t.oid = d.objid join relations r on r.oid = t.tgrelid
  where d.classid = 'pg_catalog.pg_trigger'::regclass and t.tgparentid = 0 and not t.tgisinternal
  union all
  select 2, d.classid, d.objid, d.objsubid, r.quoted,
         jsonb_build_array(pg_catalog.format('alter policy %I on %s', p.polname, r.quoted)
           || coalesce(' using (' || pg_catalog.pg_get_expr(p.polqual, p.polrelid) || ')', '')
           || coalesce(' with check (' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) || ')', '')),
         pg_catalog.concat_ws('|', pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid),
                   p.polcmd, p.polpermissive, p.polroles::text, pg_catalog.obj_description(p.oid, 'pg_policy')),
         null
  from direct d join pg_catalog.pg_policy p on p.oid = d.objid join relations r on r.oid = p.polrelid
  where d.classid = 'pg_catalog.pg_policy'::regclass
  union all
  select 3, d.classid, d.objid, d.objsubid, r.quoted,
         jsonb_build_array(case when w.rulename <> '_RETURN'
           then pg_catalog.regexp_replace(pg_catalog.pg_get_ruledef(w.oid), '^CREATE RULE', 'CREATE OR REPLACE RULE')
           else pg_catalog.format('create or replace view %s%s as %s', r.quoted,
                  ' with (' || pg_catalog.array_to_string(r.reloptions, ', ') || ')', pg_catalog.pg_get_viewdef(r.oid)) end),
         pg_catalog.concat_ws('|', pg_catalog.pg_get_ruledef(w.oid), w.ev_enabled, r.reloptions::text, r.relowner, r.relacl::text,
                   pg_catalog.obj_description(r.oid, 'pg_class'), pg_catalog.obj_description(w.oid, 'pg_rewrite'),
                   (select pg_catalog.string_agg(a.attname || ':' || pg_catalog.format_type(a.atttypid, a.atttypmod)
                             || coalesce(a.attacl::text, '') || coalesce(pg_catalog.col_description(r.oid, a.attnum), ''), ',' order by a.attnum)
                    from pg_catalog.pg_attribute a where a.attrelid = r.oid and a.attnum > 0)),
         case r.relkind when 'm' then 'a materialized view is filled anew' end
  from direct d join pg_catalog.pg_rewrite w on w.oid = d.objid join relations r on r.oid = w.ev_class
  where d.classid = 'pg_catalog.pg_rewrite'::regclass
  union all
  select 4, d.classid, d.objid, d.objsubid, r.quoted,
         jsonb_build_array(pg_catalog.format('alter table %s alter column %I set default %s', r.quoted, a.attname,
           pg_catalog.pg_get_expr(f.adbin, f.adrelid))),
         pg_catalog.pg_get_expr(f.adbin, f.adrelid),
         case when a.attgenerated <> '' then 'a generated column is computed anew' end
  from direct d join pg_catalog.pg_attrdef f on f.oid = d.objid join relations r on r.oid = f.adrelid
  join pg_catalog.pg_attribute a on a.attrelid = f.adrelid and a.attnum = f.adnum
  where d.classid = 'pg_catalog.pg_attrdef'::regclass
  union all
  select 5, d.classid, d.objid, d.objsubid, coalesce(r.quoted, ''),
         jsonb_build_array(pg_catalog.format('alter table %s drop constraint %I', r.quoted, c.conname),
           pg_catalog.format('alter table %s add constraint %I %s', r.quoted, c.conname, pg_catalog.pg_get_constraintdef(c.oid)))
         || ${commentOn('constraint', 'c.conname', 'c.oid', 'pg_constraint')},
         pg_catalog.concat_ws('|', pg_catalog.pg_get_constraintdef(c.oid), pg_catalog.obj_description(c.oid, 'pg_constraint')),
         case when c.conrelid = 0 then 'a domain is checked everywhere'
              when c.conislocal and c.coninhcount > 0 then 'a constraint both inherited and its own'
              when c.convalidated and pg_catalog.pg_relation_size(nullif(c.conrelid, 0)) > $2::bigint then 'its table is too large to be checked at once' end
  from direct d join pg_catalog.pg_constraint c on c.oid = d.objid left join relations r on r.oid = c.conrelid
  where d.classid = 'pg_catalog.pg_constraint'::regclass and c.contype = 'c' and (c.conislocal or c.conrelid = 0)
  union all
  select 6, d.classid, d.objid, d.objsubid, p.oid::pg_catalog.regprocedure::text,
         jsonb_build_array(pg_catalog.pg_get_functiondef(p.oid)), pg_catalog.pg_get_functiondef(p.oid),
         case when p.prosqlbody is null then 'a function uses it other than in its body' end
  from direct d join pg_catalog.pg_proc p on p.oid = d.objid
  where d.classid = 'pg_catalog.pg_proc'::regclass and p.prokind in ('f', 'p')
)
select pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) as what, coalesce(f.again, '[]'::jsonb) as again,
       coalesce(f.text, '') as text,
       case when f.objid is null then 'no statement puts it on another function' else f.fixed end as fixed
from direct d left join found f on f.classid = d.classid and f.objid = d.objid
where not (d.classid = 'pg_catalog.pg_constraint'::regclass and exists (
        select from pg_catalog.pg_constraint c where c.oid = d.objid and c.contype = 'c' and c.conrelid <> 0 and not c.conislocal))
  and not (d.classid = 'pg_catalog.pg_trigger'::regclass and exists (
        select from pg_catalog.pg_trigger t where t.oid = d.objid and t.tgparentid <> 0))
order by f.quoted nulls first, f.rank, 1`
