import { LockstepError } from '../../../kernel/errors.ts'
import { printTable, quoteTable } from '../../../kernel/identifiers.ts'
import type { IndexShape } from '../../../tenants/catalog.ts'
import { listed } from '../../../tenants/fleet.ts'
import type { Look, PlanWarning } from '../../operation.ts'
import { walkingKey, withoutKey } from '../../row-pages.ts'
import type { Inspected, Inspection } from '../../structure-operation.ts'
import { columnIn } from '../../column-pair.ts'
import type { TableState } from '../../table-state.ts'
import { problemOf } from '../../table-problem.ts'
import { nextSchema, pastSchema, typeAfter, vectorColumn, vectorType } from './vector-change.ts'
import type { VectorChange } from './vector-change.ts'
import { hasView } from './both-view.ts'
import { callEffects } from './cost.ts'
import { indexCost } from './index-cost.ts'
import { functionEffects, inspectFunctions } from './inspect-functions.ts'
import { inspectViews, viewWarning } from './inspect-views.ts'
import { inspectSearches } from './inspect-searches.ts'
import { approximateIndexes, metricOf } from './vector-index.ts'
import { notedChanges } from './vector-store.ts'

/** Everything that would stand in the way, all at once; then what it costs. */
export async function inspectVectors(change: VectorChange, { tables, todo, look }: Inspection): Promise<Inspected> {
  const { from } = change.spec.options
  const problems = [
    ...problemOf(
      'LS-2122',
      todo.filter((table) => vectorColumn(change, table) === undefined),
      `there is no column "${change.column}"`,
      'write its name as it is stored',
    ),
    ...problemOf(
      'LS-2122',
      todo.filter(({ shape }) => from !== undefined && columnIn(shape, from) === undefined),
      `there is no column "${from}"`,
      'from names the column whose text is embedded',
    ),
    ...problemOf(
      'LS-2108',
      todo.filter((table) => !hasVectors(change, table)),
      `"${change.column}" is no vector or halfvec with a dimension`,
      'give it one first: alter table … alter column … type vector(1536)',
    ),
    ...wrongWay(change, todo),
    ...keyless(todo),
    ...(await untold(change, { tables, todo, look })),
    ...(await dependents(change, todo, look)),
    ...(await underway(change, todo, look)),
    ...(await inspectFunctions(change, todo, look)),
    ...(hasView(change) ? await inspectViews(change, todo, look) : []),
  ]
  if (problems.length > 0) return { problems }
  const unsearchable = await inspectSearches(change, tables, look)
  if (unsearchable.length > 0) return { problems: unsearchable }
  const models = await modelsOf(change, look)
  const [sample] = todo.toSorted((a, b) => b.rows - a.rows)
  const indexes = await indexCost(change, todo, look)
  return {
    problems: [],
    warnings: [...warningsOf(change, todo), ...(hasView(change) ? [viewWarning] : []), ...indexes.warnings],
    basis: models,
    ...(sample === undefined ? {} : { memo: shapeBefore(change, sample) }),
    effects: [...functionEffects(change), ...(await callEffects(change, todo, look)), ...indexes.effects],
  }
}

function hasVectors(change: VectorChange, table: TableState): boolean {
  const column = vectorColumn(change, table)
  return column === undefined || vectorType(column.type) !== undefined
}

function keyless(tables: readonly TableState[]): readonly LockstepError[] {
  const without = tables.filter(({ shape }) => walkingKey(shape).length === 0)
  return without.length === 0 ? [] : [withoutKey(listed(without.map(printTable)))]
}

/** Shortened vectors have fewer dimensions. */
function wrongWay(change: VectorChange, tables: readonly TableState[]): readonly LockstepError[] {
  const { embedder, dimensions } = change.spec.options
  const longer = tables.filter((table) => {
    const now = vectorType(vectorColumn(change, table)?.type)
    return (
      embedder === undefined &&
      dimensions !== undefined &&
      now !== undefined &&
      typeAfter(change, now).dimensions > now.dimensions
    )
  })
  return [...problemOf('LS-2108', longer, 'vectors can be shortened, not lengthened', 'name an embedder')]
}

/** Of another model at the same type only the name of the old one tells that there is something to do. */
async function untold(change: VectorChange, { tables, todo, look }: Inspection): Promise<readonly LockstepError[]> {
  const { embedder, was } = change.spec.options
  if (embedder === undefined || was !== undefined || todo.length > 0) return []
  const { pointers } = await look.tables.read((q) => notedChanges(q, tables, change.column))
  const unknown = tables.filter((table) => pointers.get(printTable(table)) !== change.tag)
  return problemOf(
    'LS-2108',
    unknown,
    'the type does not change, so nothing would tell old vectors from new ones',
    'name the embedder of the stored vectors in was: they are probed before anything is filled',
  )
}

/** LS-2123 for what is bound to the table itself and would stay with the old one. */
async function dependents(
  { column }: VectorChange,
  tables: readonly TableState[],
  look: Look,
): Promise<readonly LockstepError[]> {
  const rows = await look.tables.read((q) =>
    q.query<{ what: string }>(
      `select distinct pg_catalog.pg_describe_object(d.classid, d.objid, 0) as what
       from unnest($1::text[]) as t(name) join pg_catalog.pg_depend d on d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = t.name::regclass
       where d.deptype = 'n' and (d.classid in ('pg_catalog.pg_rewrite'::regclass, 'pg_catalog.pg_proc'::regclass)
         or (d.classid = 'pg_catalog.pg_attrdef'::regclass and exists (select from pg_catalog.pg_attribute a where a.attrelid = d.refobjid and a.attnum = d.refobjsubid and a.attname = $2)))
       union
       select distinct pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) from unnest($1::text[]) as t(name)
       join pg_catalog.pg_class c on c.oid = t.name::regclass join pg_catalog.pg_type y on y.oid = c.reltype
       join pg_catalog.pg_depend d on d.refclassid = 'pg_catalog.pg_type'::regclass and d.refobjid in (y.oid, y.typarray) and d.deptype = 'n'
       union
       select distinct 'foreign key ' || k.conname || ' of ' || k.conrelid::regclass from unnest($1::text[]) as t(name)
       join pg_catalog.pg_constraint k on k.confrelid = t.name::regclass and k.contype = 'f'
       union
       select distinct 'check ' || k.conname from unnest($1::text[]) as t(name) join pg_catalog.pg_constraint k on k.conrelid = t.name::regclass and k.contype = 'c'
       join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = any(k.conkey) and a.attname = $2
       union
       select distinct 'statistics ' || s.stxname from unnest($1::text[]) as t(name) join pg_catalog.pg_statistic_ext s on s.stxrelid = t.name::regclass
       union
       select distinct 'inheritance or partitions of ' || t.name from unnest($1::text[]) as t(name)
       join pg_catalog.pg_class c on c.oid = t.name::regclass where c.relkind = 'p' or exists (select from pg_catalog.pg_inherits i where c.oid in (i.inhrelid, i.inhparent))
       order by 1`,
      [tables.map(quoteTable), column],
    ),
  )
  if (rows.length === 0) return []
  return [
    new LockstepError(
      'LS-2123',
      `something is bound to the table itself and could not come along: ${listed(rows.map(({ what }) => what))}`,
      {
        where: { name: column },
        hint: 'drop those first and make them anew when it is done',
      },
    ),
  ]
}

/** Another change of the same table has to be completed or taken back first. */
export async function underway(
  change: VectorChange,
  tables: readonly TableState[],
  look: Look,
): Promise<readonly LockstepError[]> {
  const { changes } = await look.tables.read((q) => notedChanges(q, tables, change.column))
  const others = tables.filter((table) => {
    const found = changes.get(printTable(table))
    return found !== undefined && found.change !== change.tag
  })
  const taken = await look.tables.read((q) =>
    q.query<{ name: string }>(
      `select c.relname as name from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
       where n.nspname in ('${nextSchema}', '${pastSchema}') and c.relname = any($1::text[])`,
      [tables.flatMap((table) => (changes.has(printTable(table)) ? [] : [table.name]))],
    ),
  )
  return [
    ...problemOf(
      'LS-4006',
      others,
      'another change of their vectors is not completed',
      'complete that one first, or go back with lockstep down',
    ),
    ...(taken.length === 0
      ? []
      : [
          new LockstepError(
            'LS-2124',
            `tables of schema ${nextSchema} or ${pastSchema} stand in the way: ${listed(taken.map(({ name }) => name))}`,
            {
              hint: 'where they were left by a lost ledger, drop them',
            },
          ),
        ]),
  ]
}

async function modelsOf({ spec }: VectorChange, look: Look): Promise<{ readonly [name: string]: string }> {
  const { embedder, was, verify } = spec.options
  const names = [embedder, was, verify?.searches].flatMap((name) => name ?? [])
  const found = await Promise.all(
    names.map(async (name) => [name, (await look.embedder?.(name))?.model.key ?? ''] as const),
  )
  return Object.fromEntries(found)
}

function warningsOf(change: VectorChange, tables: readonly TableState[]): readonly PlanWarning[] {
  const required = tables.filter((table) => {
    const column = vectorColumn(change, table)
    return column?.notNull === true || column?.default !== undefined
  })
  const { was, embedder, dimensions } = change.spec.options
  const isOneWay = was === undefined && (embedder !== undefined || dimensions !== undefined)
  return [
    ...(required.length === 0
      ? []
      : [
          {
            code: 'W225' as const,
            message: `${change.column} is required, or has a default, in ${listed(required.map(printTable))}; the new one is not, and has none`,
            hint: 'add postgres.setNotNull in a migration after this one',
          },
        ]),
    ...(isOneWay
      ? [
          {
            code: 'W224' as const,
            message: 'rows that are written during the soak come back from lockstep down without a vector, and listed',
            hint: 'name the embedder of the old vectors in was, and keep its key until complete',
          },
        ]
      : []),
  ]
}

/** What a table was like, for those that are born in the new shape and have to go back. */
function shapeBefore(
  change: VectorChange,
  table: TableState,
): { readonly type: string; readonly indexes: readonly string[]; readonly metric: string } {
  const indexes = approximateIndexes(change, table)
  return {
    type: vectorColumn(change, table)?.type ?? '',
    metric: metricOf(indexes[0]),
    indexes: blankDefinitions(table, indexes),
  }
}

/** Definitions of a table's indexes with `{key}`, for any tenant's. */
export function blankDefinitions(table: TableState, indexes: readonly IndexShape[]): readonly string[] {
  return indexes.map(({ name, definition }) => {
    const named = name.includes(table.name) ? definition : definition.replace(unnamed, ' INDEX ON ')
    return table.key === '' ? named : named.replaceAll(table.name, blankName(table))
  })
}

const unnamed = / INDEX (?:"(?:[^"]|"")+"|\S+) ON /

/** The name of a tenant's table with `{key}` for the key. */
function blankName({ name, key }: TableState): string {
  const at = name.lastIndexOf(key)
  return `${name.slice(0, at)}{key}${name.slice(at + key.length)}`
}
