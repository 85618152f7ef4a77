import { LockstepError } from '../../../kernel/errors.ts'
import { printTable, quoteLiteral, quoteTable } from '../../../kernel/identifiers.ts'
import { listed } from '../../../tenants/fleet.ts'
import { columnIn } from '../../column-checks.ts'
import type { Look, PlanWarning } from '../../operation.ts'
import { walkingKey, withoutKey } from '../../row-pages.ts'
import type { Inspected, Inspection } from '../../structure-operation.ts'
import type { TableState } from '../../table-state.ts'
import { groupsOf } from '../../table-targets.ts'
import type { DropColumnSpec } from './drop-column.ts'

interface Dependent {
  readonly table: string
  readonly what: string
  /** Whether it goes with the column without a word. */
  readonly goes: boolean
}

/** What hangs on the column: refused where Postgres would refuse it in contract, told where it goes along. */
export async function inspectDrop(spec: DropColumnSpec, { tables, todo, look }: Inspection): Promise<Inspected> {
  const problems = [...absent(spec, tables), ...parts(spec, todo), ...keyless(todo)]
  if (problems.length > 0) return { problems }
  const found = await dependentsOf(spec, todo, look)
  const bodies = await functionsNaming(spec, look)
  return {
    problems: standing(
      spec,
      found.filter(({ goes }) => !goes),
    ),
    warnings: [
      ...going(
        spec,
        found.filter(({ goes }) => goes),
      ),
      ...naming(spec, bodies),
      ...forClients(spec, todo),
    ],
  }
}

function absent({ column }: DropColumnSpec, tables: readonly TableState[]): readonly LockstepError[] {
  if (tables.length === 0 || tables.some((table) => columnIn(table, column) !== undefined)) return []
  const hint = 'write its name as it is stored; where it is gone already, take the step out'
  return [new LockstepError('LS-2122', `no table has a column "${column}"`, { where: { name: column }, hint })]
}

function parts({ column }: DropColumnSpec, todo: readonly TableState[]): readonly LockstepError[] {
  const keyed = todo.filter(({ shape }) => walkingKey(shape).includes(column) || shape.primaryKey.includes(column))
  const generated = todo.filter((table) => columnIn(table, column)?.generated === true)
  const refuse = (found: readonly TableState[], why: string, hint: string): readonly LockstepError[] =>
    found.length === 0
      ? []
      : [new LockstepError('LS-2123', why, { where: { name: listed(found.map(printTable)) }, hint })]
  return [
    ...refuse(
      keyed,
      `column ${column} is part of the key that rows are known by`,
      'a table needs another primary key first',
    ),
    ...refuse(generated, `column ${column} makes its values itself, they could not be put back`, 'drop it by hand'),
  ]
}

/** Values are kept by their rows' keys. */
function keyless(todo: readonly TableState[]): readonly LockstepError[] {
  const without = todo.filter(({ shape }) => walkingKey(shape).length === 0)
  return without.length === 0 ? [] : [withoutKey(listed(without.map(printTable)))]
}

const tablesAsked = 200

async function dependentsOf(
  { column }: DropColumnSpec,
  todo: readonly TableState[],
  look: Look,
): Promise<readonly Dependent[]> {
  const found: Dependent[] = []
  for (const group of groupsOf(todo, tablesAsked)) {
    const rows = await look.tables.read((q) => q.query<Dependent>(dependentsStatement, [group.map(quoteTable), column]))
    found.push(...rows)
  }
  return found
}

/** Everything that the catalog ties to the column but its own default. A check is tied twice: what goes by one tie goes. */
const dependentsStatement = `
select "table", what, bool_or(goes) as goes from (
select w.name as table,
       case when v.oid is not null then (case v.relkind when 'm' then 'materialized view ' else 'view ' end) || v.oid::pg_catalog.regclass::text
            else pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) end as what,
       d.deptype = 'a' and f.oid is null and coalesce(s.relkind, '') <> 'S' as goes
from unnest($1::text[]) as w(name)
join pg_catalog.pg_attribute a on a.attrelid = w.name::pg_catalog.regclass and a.attname = $2 and not a.attisdropped
join pg_catalog.pg_depend d on d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
  and d.refobjid = a.attrelid and d.refobjsubid = a.attnum
left join pg_catalog.pg_rewrite r on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and r.oid = d.objid
left join pg_catalog.pg_class v on v.oid = r.ev_class
left join pg_catalog.pg_attrdef f on d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and f.oid = d.objid
left join pg_catalog.pg_class s on d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and s.oid = d.objid
where not (f.oid is not null and f.adrelid = a.attrelid and f.adnum = a.attnum)
  and not (d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
           and exists (select from pg_catalog.pg_constraint k where k.oid = d.objid and k.contype = 'n'))
  and not (d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = a.attrelid)
) tied group by 1, 2 order by 1, 2`

function standing({ column }: DropColumnSpec, found: readonly Dependent[]): readonly LockstepError[] {
  if (found.length === 0) return []
  const what = [...new Set(found.map((each) => each.what))]
  return [
    new LockstepError('LS-2123', `column ${column} is used by ${listed(what, 10)}`, {
      where: { name: listed([...new Set(found.map(({ table }) => table))]) },
      why: 'Postgres does not drop a column that views, policies, triggers, sequences, generated columns or other tables need',
      hint: 'change or drop those first, in a migration before this one',
    }),
  ]
}

function going({ column }: DropColumnSpec, found: readonly Dependent[]): readonly PlanWarning[] {
  if (found.length === 0) return []
  const what = [...new Set(found.map((each) => each.what))]
  const message = `with column ${column} go ${listed(what, 10)}, when the migration completes`
  return [{ code: 'W215' as const, message, hint: 'add what is still needed on other columns before' }]
}

/** Bodies are texts, which Postgres does not check: those that have the column's name as a word. */
async function functionsNaming({ column }: DropColumnSpec, look: Look): Promise<readonly string[]> {
  const word = quoteLiteral(`\\m${column.replace(/\W/g, '.')}\\M`)
  const rows = await look.tables.read((q) =>
    q.query<{ name: string }>(
      `select p.oid::pg_catalog.regprocedure::text as name from pg_catalog.pg_proc p
       join pg_catalog.pg_namespace n on n.oid = p.pronamespace
       where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'lockstep', 'lockstep_engine')
         and p.probin is null and p.prosrc ~ ${word} order by 1`,
    ),
  )
  return rows.map(({ name }) => name)
}

function naming({ column }: DropColumnSpec, functions: readonly string[]): readonly PlanWarning[] {
  if (functions.length === 0) return []
  const message = `the bodies of ${listed(functions, 10)} have the word ${column} in them`
  return [
    { code: 'W216' as const, message, hint: 'those that mean this column fail from complete on: replace them before' },
  ]
}

function forClients({ column }: DropColumnSpec, todo: readonly TableState[]): readonly PlanWarning[] {
  if (todo.length === 0) return []
  const bare = todo.filter(
    (table) => columnIn(table, column)?.notNull === true && columnIn(table, column)?.default === undefined,
  )
  const message = `clients that read or write column ${column} get errors from complete on`
  const hint = 'complete only when no client of the old version is left'
  const nulls = `${bare.length} of ${todo.length} tables require ${column} and have no default for it: rows of new clients have NULL there, which old ones may not expect`
  return [
    { code: 'W217' as const, message, hint },
    ...(bare.length === 0 ? [] : [{ code: 'W217' as const, message: nulls, hint: 'give the column a default before' }]),
  ]
}
