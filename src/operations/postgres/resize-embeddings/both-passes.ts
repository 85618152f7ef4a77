import { printTable, quoteTable } from '../../../kernel/identifiers.ts'
import type { Checkpoint } from '../../operation.ts'
import type { TableState } from '../../table-state.ts'
import { eachAlone } from '../../work-passes.ts'
import type { TableWork, WorkPass } from '../../work-passes.ts'
import { bornShape } from './born-table.ts'
import { bothStore, isUnderway, listWaiting, tablesWaiting, viewsOf } from './both-store.ts'
import { makeView } from './both-view.ts'
import type { Dimensions } from './both-view.ts'
import { embedLeft } from './drain.ts'
import { mirroringThere } from './mirror.ts'
import { vectorColumn, vectorType } from './vector-change.ts'
import type { VectorChange } from './vector-change.ts'
import { notedChanges } from './vector-store.ts'
import type { Noted } from './vector-store.ts'

/** The views for clients of both models, and vectors for the rows that these left without. */
export function bothPasses(change: VectorChange): readonly WorkPass[] {
  const shared = { how: 'work', effects: () => [] } as const
  return [
    {
      ...shared,
      name: 'view',
      phase: 'expand',
      what: `make a view of each table that takes vectors of both models`,
      lock: 'SHARE ROW EXCLUSIVE for milliseconds, a table at a time, lock_timeout 500 ms, retried',
      undo: 'drop the views',
      lacking: 'its view for clients of both models is not there',
      left: async (tables, { tables: store }) =>
        store.read(async (q) => {
          const noted = await notedChanges(q, tables, change.column)
          const begun = tables.filter((table) => hasBegun(change, table, noted))
          if (begun.length === 0 || !(await isUnderway(q, change))) return []
          const there = await viewsOf(q, change)
          return begun.filter((table) => !there.has(printTable(table)))
        }),
      open: eachAlone((working) => showTable(change, working)),
    },
    {
      ...shared,
      name: 'waiting rows',
      phase: 'cutover',
      what: 'embed rows that the views left without a vector',
      lock: 'none that blocks anyone',
      undo: 'goes with the twins',
      lacking: 'rows that were written through its view wait for a vector: lockstep up embeds them',
      left: async (tables, { tables: store }) =>
        store.read(async (q) => {
          const waiting = await tablesWaiting(q, tables, change.spec.options.dimensions ?? 0)
          return tables.filter((table) => waiting.has(printTable(table)))
        }),
      open: eachAlone((working) => embedThere(change, working)),
    },
  ]
}

/** Tables that were born in the new shape have nothing noted but their pointer. */
function hasBegun(change: VectorChange, table: TableState, { changes, pointers }: Noted): boolean {
  const noted = changes.get(printTable(table))
  if (noted !== undefined) return noted.change === change.tag && noted.stage !== 'returned'
  return pointers.get(printTable(table)) === change.tag
}

/** Of the vectors of a table as it is now, and those of before, where it has the new ones. */
export function dimensionsOf(change: VectorChange, table: TableState, before: string | undefined): Dimensions {
  const now = vectorType(vectorColumn(change, table)?.type)?.dimensions ?? 0
  const after = change.spec.options.dimensions ?? 0
  return { now, other: now === after ? (vectorType(before)?.dimensions ?? 0) : after }
}

async function* showTable(change: VectorChange, { table, hands, at, work }: TableWork): AsyncGenerator<Checkpoint> {
  const shown = await hands.change({
    names: [table.name],
    cursor: at(),
    work: async (q) => {
      const { changes } = await notedChanges(q, [table], change.column)
      const before = changes.get(printTable(table))?.facts.type ?? bornShape(work.memo)?.type
      const dimensions = dimensionsOf(change, table, before)
      await q.script([...bothStore, ...makeView(change, table, dimensions)].join(';\n'))
      return []
    },
  })
  yield { ...shown, changed: 1 }
}

/** Looks after which rows whose keys go on changing still wait, for the next time. */
const mostLooks = 5

async function* embedThere(change: VectorChange, working: TableWork): AsyncGenerator<Checkpoint> {
  const { table, hands, at } = working
  const { embedder, dimensions = 0 } = change.spec.options
  const place = quoteTable(table)
  let embedded = 0
  for (let look = 0, isOver = false; !isOver; look++) {
    let waiting = 0
    const settled = await hands.change({
      names: [table.name],
      cursor: () => (waiting === 0 ? at() : undefined),
      work: async (q) => {
        waiting = await listWaiting(q, change, table, dimensions)
        return []
      },
    })
    isOver = waiting === 0 || look >= mostLooks
    embedded = Math.max(embedded, waiting)
    if (isOver) yield { ...settled, changed: embedded }
    else await embedLeft(working, mirroringThere(change, table), { name: embedder, place })
  }
}
