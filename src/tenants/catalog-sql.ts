/**
 * Whether the table `c` is one of the selector `w`. Conditions are asked in the order in which they stand: most of what a
 * fleet has in pg_class are indexes, and an expression for the whole name is the dearest.
 */
export const isSelected = `starts_with(c.relname, coalesce(w.prefix, ''))
  and case when w."foreign" is null then c.relname ~ w.expression
      else right(c.relname, length(w.suffix)) = w.suffix
           and case when w.length is null then length(c.relname) > length(w.prefix) + length(w.suffix)
               else length(c.relname) = length(w.prefix) + w.length + length(w.suffix) end
           and substr(c.relname, length(w.prefix) + 1, length(c.relname) - length(w.prefix) - length(w.suffix)) !~ w."foreign" end`

/**
 * Tables by selectors: $1 schemas, $2 expressions, $3 and $4 what stands before and after the key, null where there is
 * none; of $5 parts of them the one with the number $6. $7 and $8: of the key, a character it never has and its length.
 */
export const selectedTables = `
select distinct on (c.oid) c.oid, n.nspname, c.relname::text as relname,
       case when w.prefix is null then pg_catalog.pg_relation_size(c.oid) / 8192 else c.relpages end as relpages, c.reltuples, c.relrowsecurity,
       c.relforcerowsecurity, c.relowner, c.relacl, c.relhassubclass,
       case when w.prefix is null then ''
            else substr(c.relname, length(w.prefix) + 1, length(c.relname) - length(w.prefix) - length(w.suffix)) end as key,
       coalesce(w.prefix || '{key}' || w.suffix, c.relname) as blank
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $7::text[], $8::int[]) as w(schema, expression, prefix, suffix, "foreign", length)
join pg_catalog.pg_namespace n on n.nspname = w.schema
join pg_catalog.pg_class c on c.relnamespace = n.oid
where c.relkind in ('r', 'p') and (pg_catalog.hashoid(c.oid)::int8 & 2147483647) % $5 = $6 and ${isSelected}`

/** Tables of schema $1 by name: $2 names, $3 keys, $4 the names with `{key}`. */
export const namedTables = `
select c.oid, n.nspname, c.relname::text as relname, pg_catalog.pg_relation_size(c.oid) / 8192 as relpages, c.reltuples,
       c.relrowsecurity, c.relforcerowsecurity, c.relowner, c.relacl, c.relhassubclass, w.key, w.blank
from unnest($2::text[], $3::text[], $4::text[]) as w(name, key, blank)
join pg_catalog.pg_namespace n on n.nspname = $1
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = w.name
where c.relkind in ('r', 'p')`

/** One row a table, sorted by name; the first of each shape has its details. */
export function catalogStatement(found: string): string {
  return `with found as materialized (${found}
${shapesOfFound}`
}

/**
 * A name that was cut to 63 bytes holds only a part of the table's name, and where it was made unique eight digits of a
 * hash: neither may make each tenant's table a shape of its own. `blank` says `{table 41}` and `{cut}` there, `cut` is
 * those digits. `offset 0` has each computed once.
 */
function blankName(name: string): string {
  return `
  cross join lateral (
    select case when f.key = '' then null
                when starts_with(${name}, f.relname) then length(f.relname)
                when left(${name}, strpos(f.blank, '{key}')) = left(f.relname, strpos(f.blank, '{key}'))
                then (select max(n) from generate_series(strpos(f.blank, '{key}'), length(f.relname)) n
                      where left(${name}, n) = left(f.relname, n)) end as shared offset 0) l
  cross join lateral (select substr(${name}, l.shared + 1) as rest offset 0) r
  cross join lateral (
    select case when substr(r.rest, 10, 1) = '_' and r.rest ~ '^_[0-9a-f]{8}_[a-z]+$' then substr(r.rest, 2, 8) end as cut offset 0) d
  cross join lateral (
    select case when l.shared is null then replace(${name}, f.relname, f.blank)
                else case when l.shared = length(f.relname) then f.blank else '{table ' || l.shared || '}' end
                     || case when d.cut is null then r.rest else '_{cut}' || substr(r.rest, 10) end end as blank offset 0) b`
}

/** The shape of an index, of the table `f`. */
const indexText = `concat_ws(':', b.blank, i.indkey, i.indisunique, i.indisvalid, i.indisprimary, ic.relam, i.indclass,
    i.indoption, ic.reloptions,
    case when i.indpred is not null or i.indexprs is not null
         then replace(replace(pg_catalog.pg_get_indexdef(i.indexrelid), ic.relname, b.blank), f.relname, f.blank) end)`

/** Kinds of constraints that are told: all but triggers and, from PostgreSQL 18 on, NOT NULL. */
const kinds = `'c', 'f', 'p', 'u', 'x'`

/** What a constraint demands, where its name is no sign of it: the texts without places in the statement that made it. */
const demanded = `concat_ws(':', regexp_replace(k.conbin::text, ':location -?\\d+', '', 'g'), k.confkey, k.confupdtype,
    k.confdeltype, k.confmatchtype, k.condeferrable, k.condeferred, k.conexclop,
    (select replace(r.relname, f.key, '{key}') from pg_catalog.pg_class r where r.oid = k.confrelid))`

const constraintText = `concat_ws(':', b.blank, k.contype, k.convalidated, k.conkey, case when d.cut is not null then ${demanded} end)`

const noTable = 'null, null, null, null, null, null, null, null'
const nothing = `null, ${noTable}`

/**
 * Parts of a shape, in columns: table, number, text, what stands for `{cut}`. No join grows with the square of the tables,
 * whatever the planner expects of them. What is put together comes sorted: an ORDER BY in the aggregate is a sort of its
 * own for each table, which takes longer than all the rest.
 */
const parts = `
  select f.oid, 0, concat_ws(':', f.relrowsecurity, f.relforcerowsecurity, f.relowner, f.relacl), null::text,
         f.nspname, f.relname, f.key, f.blank, f.relpages, f.reltuples, f.relrowsecurity, f.relhassubclass
  from found f
  union all
  select attrelid, 1, string_agg(text, ','), ${nothing}
  from (select a.attrelid, concat_ws(':', a.attname, a.atttypid, a.atttypmod, a.attnotnull, a.atthasdef, a.attgenerated,
                                     a.attidentity, a.attacl) as text
        from pg_catalog.pg_attribute a
        where a.attrelid in (select oid from found) and a.attnum > 0 and not a.attisdropped
        order by a.attrelid, a.attnum) x
  group by attrelid
  union all
  select oid, 2, string_agg(text, ','), string_agg(cut, ','), ${noTable}
  from (select f.oid, d.cut, ${indexText} collate "C" as text
        from pg_catalog.pg_index i
        join found f on f.oid = i.indrelid
        join pg_catalog.pg_class ic on ic.oid = i.indexrelid${blankName('ic.relname')}
        order by 1, 3) x
  group by oid
  union all
  select oid, 3, string_agg(text, ','), string_agg(cut, ',') filter (where contype in (${kinds})), ${noTable}
  from (select f.oid, d.cut, k.contype, ${constraintText} collate "C" as text
        from pg_catalog.pg_constraint k join found f on f.oid = k.conrelid${blankName('k.conname')}
        order by 1, 4) x
  group by oid
  union all
  select tgrelid, 4, string_agg(text, ','), ${nothing}
  from (select t.tgrelid, concat_ws(':', replace(t.tgname, f.relname, f.blank), t.tgfoid, t.tgtype, t.tgenabled) as text
        from pg_catalog.pg_trigger t
        join found f on f.oid = t.tgrelid
        where not t.tgisinternal
        order by t.tgrelid, t.tgname) x
  group by tgrelid
  union all
  select polrelid, 5, string_agg(text, ','), ${nothing}
  from (select p.polrelid, concat_ws(':', replace(p.polname, f.relname, f.blank), p.polcmd, p.polpermissive, p.polroles) as text
        from pg_catalog.pg_policy p join found f on f.oid = p.polrelid
        order by p.polrelid, p.polname) x
  group by polrelid`

const indexDetails = `
      select json_agg(json_build_object(
               'name', b.blank, 'unique', i.indisunique, 'valid', i.indisvalid and i.indisready, 'primary', i.indisprimary,
               'plain', i.indpred is null and i.indexprs is null,
               'definition', coalesce(replace(replace(pg_catalog.pg_get_indexdef(i.indexrelid), ic.relname, b.blank), f.relname, f.blank), ''),
               'columns', coalesce((select json_agg(a.attname order by k.at)
                                    from unnest(i.indkey) with ordinality as k(num, at)
                                    join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.num
                                    where k.at <= i.indnkeyatts), '[]')) order by ${indexText} collate "C")
      from pg_catalog.pg_index i
      join pg_catalog.pg_class ic on ic.oid = i.indexrelid${blankName('ic.relname')}
      where i.indrelid = f.oid`

const constraintDetails = `
      select json_agg(json_build_object(
               'name', b.blank, 'validated', k.convalidated,
               'kind', case k.contype when 'c' then 'check' when 'f' then 'foreign key' when 'p' then 'primary key'
                       when 'u' then 'unique' else 'exclusion' end,
               'definition', coalesce(replace(replace(pg_catalog.pg_get_constraintdef(k.oid), f.relname, f.blank),
                                              coalesce(o.relname, f.relname),
                                              coalesce(regexp_replace(o.relname, '(^|_)' || f.key || '($|_)', '\\1{key}\\2'), f.blank)), ''),
               'columns', coalesce((select json_agg(a.attname order by c.at)
                                    from unnest(k.conkey) with ordinality as c(num, at)
                                    join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = c.num), '[]'))
               order by ${constraintText} collate "C")
      from pg_catalog.pg_constraint k
      left join pg_catalog.pg_class o on o.oid = k.confrelid and f.key <> ''${blankName('k.conname')}
      where k.conrelid = f.oid and k.contype in (${kinds})`

/** The shape of a table is what is hashed here: columns, indexes, constraints, triggers, policies, rights and owner. */
const shapesOfFound = `), parts (oid, part, text, cuts, nspname, relname, key, blank, relpages, reltuples, relrowsecurity, relhassubclass) as (${parts}
), shaped as (
  select oid, md5(string_agg(text, '|')) as shape, max(nspname) as nspname, max(relname) as relname,
         max(key) as key, max(blank) as blank, max(relpages) as relpages, max(reltuples) as reltuples,
         bool_or(relrowsecurity) as relrowsecurity, bool_or(relhassubclass) as relhassubclass,
         max(cuts) filter (where part = 2) as index_cuts,
         max(cuts) filter (where part = 3) as constraint_cuts
  from (select * from parts order by oid, part) p group by oid
)
select f.nspname as schema, f.relname as name, f.key, f.shape, f.relpages::float8 as pages, f.reltuples::float8 as rows,
       f.relhassubclass as parent,
       f.index_cuts as "indexCuts", f.constraint_cuts as "constraintCuts",
  case when f.nth = 1 then json_build_object(
    'rowSecurity', f.relrowsecurity,
    'columns', (
      select json_agg(json_build_object('name', a.attname, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
                                        'notNull', a.attnotnull,
                                        'generated', a.attgenerated <> '' or a.attidentity <> '',
                                        'default', pg_catalog.pg_get_expr(d.adbin, d.adrelid)) order by a.attnum)
      from pg_catalog.pg_attribute a
      left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attrelid = f.oid and a.attnum > 0 and not a.attisdropped),
    'indexes', (${indexDetails}),
    'constraints', (${constraintDetails}),
    'triggers', (
      select json_agg(json_build_object('name', replace(t.tgname, f.relname, f.blank), 'enabled', t.tgenabled <> 'D',
                                        'definition', coalesce(replace(pg_catalog.pg_get_triggerdef(t.oid), f.relname, f.blank), ''))
                      order by t.tgname)
      from pg_catalog.pg_trigger t where t.tgrelid = f.oid and not t.tgisinternal)) end as details
from (select *, row_number() over (partition by shape order by oid) as nth from shaped) f
order by f.nspname, f.relname`
