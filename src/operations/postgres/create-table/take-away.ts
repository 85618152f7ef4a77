import { LockstepError } from '../../../kernel/errors.ts'
import { printTable, quoteLiteral, quoteTable } from '../../../kernel/identifiers.ts'
import type { Queryable } from '../../../stores/tables.ts'
import { listed } from '../../../tenants/fleet.ts'
import type { NamedTable } from './template.ts'

interface Table {
  readonly oid: string
  readonly forced: boolean
  readonly dependents: readonly string[]
}

/**
 * Drops the table, where it holds no row; else moves it out of the way, with its rows, and says where it is. Throws
 * LS-2128 where others built on it since. Nothing where it is not there.
 */
export async function takeAway(q: Queryable, table: NamedTable): Promise<string | undefined> {
  const [found] = await q.query<Table>(tableStatement, [table.schema, table.name])
  if (found === undefined) return undefined
  if (found.dependents.length > 0) {
    throw new LockstepError(
      'LS-2128',
      `${printTable(table)} cannot be taken away: ${listed(found.dependents)} depend on it`,
      {
        where: { name: printTable(table) },
        why: 'they were made since, and would have to go with it',
        hint: 'drop them first, then run down again',
      },
    )
  }
  const name = quoteTable(table)
  await q.script(`lock table ${name} in access exclusive mode`)
  // Policies would hide rows from an owner who is forced; an error is better than a table that looks empty.
  if (found.forced) await q.script(`alter table ${name} no force row level security`)
  await q.script('set local row_security = off')
  const [row] = await q.query<{ filled: boolean }>(`select exists (select from ${name}) as filled`)
  if (row?.filled !== true) {
    await q.script(`drop table ${name}`)
    return undefined
  }
  const kept = { schema: 'lockstep', name: `kept_${[...table.name].slice(0, 36).join('')}_${found.oid}` }
  await q.script(moveSql(table, kept.name))
  if (found.forced) await q.script(`alter table ${quoteTable(kept)} force row level security`)
  return printTable(kept)
}

const tableStatement = `
select c.oid::text as oid, c.relforcerowsecurity as forced,
  (select coalesce(json_agg(distinct d.name), '[]') from (
     select k.conrelid::pg_catalog.regclass::text as name from pg_catalog.pg_constraint k
     where k.contype = 'f' and k.confrelid = c.oid and k.conrelid <> c.oid
     union all
     select r.ev_class::pg_catalog.regclass::text from pg_catalog.pg_depend x
     join pg_catalog.pg_rewrite r on r.oid = x.objid
     where x.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and x.refobjid = c.oid and r.ev_class <> c.oid) d) as dependents
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and c.relname = $2 and c.relkind = 'r'`

/**
 * Into Lockstep's own schema, which nobody else may use, without foreign keys, by which its rows would stand in the way
 * of others, and out of publications. Indexes and sequences come along, under names that are free there.
 */
function moveSql(table: NamedTable, name: string): string {
  return `do $lockstep$
declare
  t pg_catalog.regclass := ${quoteLiteral(quoteTable(table))};
  r record;
begin
  if not exists (select from pg_catalog.pg_namespace where nspname = 'lockstep') then create schema lockstep; end if;
  for r in select conname from pg_catalog.pg_constraint where conrelid = t and contype = 'f' loop
    execute pg_catalog.format('alter table %s drop constraint %I', t, r.conname);
  end loop;
  for r in select p.pubname from pg_catalog.pg_publication_rel m join pg_catalog.pg_publication p on p.oid = m.prpubid
           where m.prrelid = t loop
    execute pg_catalog.format('alter publication %I drop table %s', r.pubname, t);
  end loop;
  for r in select c.oid, c.relkind, pg_catalog.format('%I.%I', n.nspname, c.relname) as name
           from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
           where c.oid in (select indexrelid from pg_catalog.pg_index where indrelid = t)
              or (c.relkind = 'S' and c.oid in (select objid from pg_catalog.pg_depend
                                                where refobjid = t and deptype in ('a', 'i')
                                                  and classid = 'pg_catalog.pg_class'::pg_catalog.regclass)) loop
    execute pg_catalog.format('alter %s %s rename to %I', case r.relkind when 'S' then 'sequence' else 'index' end, r.name,
                              'kept_' || r.oid);
  end loop;
  execute pg_catalog.format('alter table %s rename to %I', t, ${quoteLiteral(name)});
  execute pg_catalog.format('alter table %s set schema lockstep', t);
end
$lockstep$`
}
