import { LockstepError } from '../kernel/errors.ts'
import { printTable, quoteIdentifier, quoteTable } from '../kernel/identifiers.ts'
import { saidBy, sqlState } from '../stores/tables.ts'
import type { Queryable } from '../stores/tables.ts'
import { listed } from '../tenants/fleet.ts'
import { columnIn, downSql, upSql } from './column-pair.ts'
import type { ColumnPair } from './column-pair.ts'
import type { Look } from './operation.ts'
import type { TableState } from './table-state.ts'
import { groupsOf } from './table-targets.ts'

/** What a conversion would lose: the value itself (`null`), or what the way back does not give again (`changed`). */
export const lossKinds = ['null', 'changed'] as const
export type LossKind = (typeof lossKinds)[number]

interface Counts {
  readonly rows: number
  readonly null: number
  readonly changed: number
}

/** Tables scanned in one statement. */
const tablesAtOnce = 100

/**
 * Converts every row there and back without writing. Counts per kind, never values. The search path is empty meanwhile,
 * as it may be for whoever fires the trigger.
 */
export async function findLosses(
  pair: ColumnPair,
  tables: readonly TableState[],
  accept: readonly LossKind[],
  look: Look,
): Promise<readonly LockstepError[]> {
  const found = new Map<TableState, Counts>()
  const failing = new Map<TableState, number>()
  for (const group of groupsOf(tables, tablesAtOnce)) {
    const counted = await countOf(pair, group, look)
    if (counted === undefined) await countAlone(pair, group, look, { found, failing })
    for (const [table, counts] of counted ?? []) found.set(table, counts)
  }
  return [
    ...(failing.size === 0 ? [] : [failure(pair, failing)]),
    ...lossKinds.flatMap((kind) => lossOf(pair, kind, found, accept)),
    ...requiredNulls(pair, found),
  ]
}

interface Counted {
  readonly found: Map<TableState, Counts>
  readonly failing: Map<TableState, number>
}

/** Table by table, where one of them has a row that fails. */
async function countAlone(
  pair: ColumnPair,
  tables: readonly TableState[],
  look: Look,
  { found, failing }: Counted,
): Promise<void> {
  for (const table of tables) {
    const counted = await countOf(pair, [table], look)
    if (counted === undefined) failing.set(table, await countFailing(pair, table, look))
    for (const [each, counts] of counted ?? []) found.set(each, counts)
  }
}

/** Undefined where a row cannot be converted at all. */
async function countOf(
  pair: ColumnPair,
  tables: readonly TableState[],
  look: Look,
): Promise<readonly (readonly [TableState, Counts])[] | undefined> {
  try {
    const rows = await inEmptyPath(look, (q) =>
      q.query<Counts & { n: number }>(tables.map((table, n) => countSql(pair, table, n)).join(' union all ')),
    )
    return rows.flatMap(({ n, ...counts }) => {
      const table = tables[n]
      return table === undefined ? [] : [[table, counts] as const]
    })
  } catch (error) {
    const state = sqlState(error) ?? ''
    if (state.startsWith('42') || state.startsWith('3F')) throw notValid(pair, error)
    if (/^(22|23|P0)/.test(state)) return undefined
    throw error
  }
}

async function inEmptyPath<T>(look: Look, work: (q: Queryable) => Promise<T>): Promise<T> {
  return look.tables.read(async (q) => {
    await q.query("select set_config('search_path', 'pg_catalog', true)")
    return work(q)
  })
}

function convertedRows(pair: ColumnPair, table: TableState, from: string): string {
  const type = columnIn(table.shape, pair.old)?.type ?? 'text'
  return `select lockstep_row.${quoteIdentifier(pair.old)} as before, lockstep_row.${quoteIdentifier(pair.new)} as after,
  (${downSql(pair)})::${type} as back
  from (select lockstep_given.*, ${upSql(pair)} as ${quoteIdentifier(pair.new)} from ${from} lockstep_given) lockstep_row`
}

function countSql(pair: ColumnPair, table: TableState, n: number): string {
  return `select ${n}::int as n, count(*)::float8 as rows,
  (count(*) filter (where after is null and before is not null))::float8 as null,
  (count(*) filter (where after is not null and back is distinct from before))::float8 as changed
from (${convertedRows(pair, table, quoteTable(table))}) lockstep_converted`
}

async function countFailing(pair: ColumnPair, table: TableState, look: Look): Promise<number> {
  return inEmptyPath(look, async (q) => {
    await q.script(`do $lockstep$
#variable_conflict use_column
declare lockstep_one ${quoteTable(table)}; lockstep_failing bigint := 0; begin
  for lockstep_one in select * from ${quoteTable(table)} loop
    begin
      perform before, after, back from (${convertedRows(pair, table, '(select lockstep_one.*)')}) lockstep_converted;
    exception when others then lockstep_failing := lockstep_failing + 1;
    end;
  end loop;
  perform pg_catalog.set_config('lockstep.failing', lockstep_failing::text, true);
end $lockstep$`)
    const [row] = await q.query<{ failing: string }>("select current_setting('lockstep.failing') as failing")
    return Number(row?.failing ?? 0)
  })
}

function notValid(pair: ColumnPair, cause: unknown): LockstepError {
  return new LockstepError('LS-2109', `the conversion of "${pair.old}" cannot be run: ${saidBy(cause)}`, {
    where: { name: pair.old },
    hint: 'up and down are SQL over the bare row; functions and types that are not built in need their schema in front',
  })
}

function failure(pair: ColumnPair, failing: ReadonlyMap<TableState, number>): LockstepError {
  const rows = [...failing.values()].reduce((sum, each) => sum + each, 0)
  return new LockstepError(
    'LS-2121',
    `"${pair.old}" cannot be converted in ${rows} rows of ${listed([...failing.keys()].map(printTable))}: the expression fails`,
    {
      where: { name: pair.old },
      hint: 'mend those rows, or say in up (and down) what becomes of them: case when … then … end',
    },
  )
}

const lossWords: Readonly<Record<LossKind, string>> = {
  null: 'become null',
  changed: 'do not come back as they were',
}

function lossOf(
  pair: ColumnPair,
  kind: LossKind,
  found: ReadonlyMap<TableState, Counts>,
  accept: readonly LossKind[],
): readonly LockstepError[] {
  const lossy = [...found].filter(([, counts]) => counts[kind] > 0)
  if (lossy.length === 0 || accept.includes(kind)) return []
  const rows = lossy.reduce((sum, [, counts]) => sum + counts[kind], 0)
  return [
    new LockstepError(
      'LS-2121',
      `${rows} values of "${pair.old}" ${lossWords[kind]} in ${listed(lossy.map(([table]) => printTable(table)))}`,
      { where: { name: pair.old }, hint: `change up or down, or accept it by name: accept: ['${kind}']` },
    ),
  ]
}

/** A column that is required cannot become null, accepted or not. */
function requiredNulls(pair: ColumnPair, found: ReadonlyMap<TableState, Counts>): readonly LockstepError[] {
  const wrong = [...found].filter(
    ([table, counts]) => counts.null > 0 && columnIn(table.shape, pair.old)?.notNull === true,
  )
  if (wrong.length === 0) return []
  return [
    new LockstepError(
      'LS-2121',
      `"${pair.old}" is not null, but up makes null of values in ${listed(wrong.map(([table]) => printTable(table)))}`,
      {
        where: { name: pair.old },
        hint: 'let up give a value for each, or drop the requirement first',
      },
    ),
  ]
}
