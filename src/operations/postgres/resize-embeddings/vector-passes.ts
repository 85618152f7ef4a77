import { LockstepError } from '../../../kernel/errors.ts'
import { printTable, quoteTable } from '../../../kernel/identifiers.ts'
import type { Queryable } from '../../../stores/tables.ts'
import type { Checkpoint, Look, PreImage } from '../../operation.ts'
import type { TablePass } from '../../table-passes.ts'
import type { TableState } from '../../table-state.ts'
import { eachAlone } from '../../work-passes.ts'
import type { OpenPass, ShardOfTables, TableWork, WorkPass } from '../../work-passes.ts'
import { bothPasses } from './both-passes.ts'
import { hasView } from './both-view.ts'
import { captureStatements } from './capture-sql.ts'
import { drain } from './drain.ts'
import { effectsOf } from './resize-effects.ts'
import { openFillPages } from './fill-pages.ts'
import type { FillPages } from './fill-pages.ts'
import { fillTwin } from './fill-twin.ts'
import { carriedColumns, mirroringThere } from './mirror.ts'
import { probeOld } from './probe.ts'
import { returnTable } from './return-table.ts'
import { switchTable } from './switch-table.ts'
import { keepWhole, makeTwin } from './twin-sql.ts'
import { twinDifferences } from './twin-differences.ts'
import { hasTypeAfter, nextSchema, twinIn, vectorColumn, vectorPath } from './vector-change.ts'
import type { VectorChange } from './vector-change.ts'
import { buildIndex } from './vector-index.ts'
import { notedChanges, stageSql } from './vector-store.ts'
import type { Noted, Stage } from './vector-store.ts'

/** Whether the table's vectors are those of the change, and nothing is left to be done or kept for the way back. */
function isDoneHere(change: VectorChange, table: TableState, { changes, pointers }: Noted): boolean {
  if (changes.get(printTable(table))?.change === change.tag) return false
  if (!hasTypeAfter(change, table)) return false
  return pointers.get(printTable(table)) === change.tag || change.spec.options.was === undefined
}

/** The tables that have not come to one of these stages yet. */
function before(change: VectorChange, ...reached: readonly Stage[]): WorkPass['left'] {
  return async (tables: readonly TableState[], look: Pick<Look, 'tables'>) => {
    const noted = await look.tables.read((q) => notedChanges(q, tables, change.column))
    return tables.filter((table) => {
      const stage = noted.changes.get(printTable(table))?.stage
      return stage === undefined ? !isDoneHere(change, table, noted) : !reached.includes(stage)
    })
  }
}

/** The twin, the rows in it, the switch; views for clients of both models where they are asked for; and the way back. */
export function vectorPasses(change: VectorChange): readonly TablePass[] {
  const { column } = change
  const both = hasView(change) ? bothPasses(change) : []
  const shared = (name: 'twin' | 'fill' | 'switch') =>
    ({ name, how: 'work', effects: effectsOf(change, name) }) as const
  return [
    {
      ...shared('twin'),
      phase: 'expand',
      what: `make each table's twin with the new ${column}, and note what changes in the table from then on`,
      lock: 'SHARE ROW EXCLUSIVE for milliseconds, a table at a time, lock_timeout 500 ms, retried',
      undo: 'drop the twins and the triggers',
      lacking: `nothing notes its changes for the new ${column}`,
      left: before(change, 'captured', 'filled', 'switched', 'settled'),
      open: eachAlone((working) => makeTwinOf(change, working)),
    },
    ...both.filter(({ phase }) => phase === 'expand'),
    {
      ...shared('fill'),
      phase: 'backfill',
      what: `fill the twins with the rows and their new ${column}`,
      lock: 'none that blocks anyone',
      undo: 'goes with the twins',
      lacking: `its twin with the new ${column} is not filled`,
      left: before(change, 'filled', 'switched', 'settled'),
      open: (shard) => openFill(change, shard),
    },
    {
      ...shared('switch'),
      phase: 'cutover',
      what: `put the twins in the tables' place; the tables are kept in step until complete`,
      lock: 'SHARE ROW EXCLUSIVE, then ACCESS EXCLUSIVE, together some milliseconds a table, lock_timeout 200 ms, retried',
      undo: `put the tables back, with all that was written meanwhile`,
      lacking: `it is not switched to the new ${column}`,
      left: before(change, 'settled'),
      open: eachAlone((working) => switchTable(change, working)),
    },
    ...both.filter(({ phase }) => phase === 'cutover'),
    returnPass(change),
  ]
}

function returnPass(change: VectorChange): WorkPass {
  return {
    name: 'return',
    how: 'work',
    effects: () => [],
    phase: 'revert',
    what: 'put the tables back',
    lock: 'as for the switch',
    undo: 'run up again',
    lacking: 'it is not back',
    left: async (tables, look) => {
      const { changes, pointers } = await look.tables.read((q) => notedChanges(q, tables, change.column))
      return tables.filter(
        (table) =>
          changes.get(printTable(table))?.change === change.tag || pointers.get(printTable(table)) === change.tag,
      )
    },
    open: eachAlone((working) => returnTable(change, working)),
  }
}

async function* makeTwinOf(change: VectorChange, { table, hands, at }: TableWork): AsyncGenerator<Checkpoint> {
  const quoted = quoteTable(table)
  yield await hands.change({
    names: [table.name],
    cursor: at(),
    work: async (q) => {
      const { changes } = await notedChanges(q, [table], change.column)
      if (changes.has(printTable(table))) return []
      await q.script([vectorPath, ...makeTwin(change, table), ...captureStatements(change, table, quoted)].join(';\n'))
      await noteBegun(q, change, table)
      const different = await twinDifferences(q, change, table)
      if (different.length > 0) throw notAlike(table, different)
      await q.script(keepWhole(table, true))
      return [imageOf(table)]
    },
  })
}

function imageOf(table: TableState): PreImage {
  return { name: printTable(table), before: { fingerprint: table.fingerprint }, after: { pass: 'twin' } }
}

function notAlike(table: TableState, different: readonly string[]): LockstepError {
  return new LockstepError(
    'LS-2126',
    `the twin of ${printTable(table)} cannot be made equal: ${different.join('; ')}`,
    {
      where: { name: printTable(table) },
      hint: 'take that out of the table first, or tell the authors',
    },
  )
}

async function noteBegun(q: Queryable, change: VectorChange, table: TableState): Promise<void> {
  const column = vectorColumn(change, table)
  const facts = {
    column: change.column,
    type: column?.type ?? '',
    notNull: column?.notNull ?? false,
    keys: [],
    pointer: null,
  }
  await q.query(
    `insert into lockstep_vectors.changes (table_name, change, column_name, stage, facts) values ($1, $2, $3, 'captured', $4::jsonb)`,
    [printTable(table), change.tag, change.column, JSON.stringify(facts)],
  )
}

/** Texts of all tables of the shard share calls, so those of the next tables are read before their turn. */
function openFill(change: VectorChange, shard: ShardOfTables): OpenPass {
  const pages = openFillPages(change, shard)
  return { change: (working) => fill(change, working, pages), close: () => pages.close() }
}

async function* fill(change: VectorChange, working: TableWork, pages: FillPages): AsyncGenerator<Checkpoint> {
  const { table, hands, at } = working
  const mirroring = mirroringThere(change, table)
  if (working.after.length === 0) await probeOld(change, working)
  yield* fillTwin(working, mirroring, pages)
  await drain(working, mirroring, { name: change.spec.options.embedder, place: twinIn(nextSchema, table) })
  const built = await buildIndex(change, working)
  // Without the vectors, whose statistics cost much and tell nothing.
  await hands.alone(`analyze ${twinIn(nextSchema, table)} (${carriedColumns(change, table).join(', ')})`)
  if (built) await drain(working, mirroring, { name: change.spec.options.embedder, place: twinIn(nextSchema, table) })
  yield await hands.change({
    names: [table.name],
    cursor: at(),
    work: async (q) => {
      await q.script([keepWhole(table, false), stageSql(table, 'filled')].join(';\n'))
      return []
    },
  })
}
