import type { Effect, Look, PlanWarning } from '../../operation.ts'
import type { TableState } from '../../table-state.ts'
import { changesIndexAlone } from './index-change.ts'
import { buildBytes, rowsOf } from './resize-effects.ts'
import { typeAfter, vectorColumn, vectorType } from './vector-change.ts'
import type { VectorChange } from './vector-change.ts'
import { planIndex } from './vector-index.ts'

export interface IndexCost {
  readonly effects: readonly Effect[]
  readonly warnings: readonly PlanWarning[]
}

/**
 * Rows that a second adds to an index: 10,000 vectors of 1,536 dimensions took 7.4 s, and 29.4 s where they did not fit
 * into memory; in PGlite 30 s and 118 s.
 */
const rowsPerSecond = { fits: [3_000, 200], over: [750, 60] } as const

const mebibyte = 1_048_576

/** What the indexes take to be built, beside what the server gives to that. */
export async function indexCost(change: VectorChange, tables: readonly TableState[], look: Look): Promise<IndexCost> {
  const indexed = tables.flatMap((table) => {
    const now = vectorType(vectorColumn(change, table)?.type)
    if (now === undefined || typeof planIndex(change, table, rowsOf(table)) === 'string') return []
    const { index } = change.spec.options
    const m = typeof index === 'object' ? index.m : undefined
    return [{ table, bytes: rowsOf(table) * buildBytes(typeAfter(change, now), m) }]
  })
  if (indexed.length === 0) return { effects: [], warnings: [] }
  const isAlone = changesIndexAlone(change.spec)
  const given = await memoryGiven(look)
  const most = Math.max(...indexed.map(({ bytes }) => bytes))
  const over = indexed.filter(({ bytes }) => bytes > given).length
  const rows = indexed.reduce((sum, { table }) => sum + rowsOf(table), 0)
  const [fast, slow] = over > 0 ? rowsPerSecond.over : rowsPerSecond.fits
  return {
    effects: [
      {
        phase: isAlone ? 'expand' : 'backfill',
        what: `build HNSW${isAlone ? '' : ' after the rows'}; the largest takes ${mebibytes(most)} of the ${mebibytes(given)} of maintenance_work_mem`,
        count: { value: indexed.length, source: 'statistics' },
        unit: 'indexes',
        lock: 'none',
        seconds: [rows / fast, rows / slow],
        secondsSource: 'guess',
        cost: 0,
        disk: 0,
        undo: isAlone ? 'drop the index' : 'goes with the twins',
        figures: { indexes: indexed.length, rows, largestBuildBytes: most, maintenanceWorkMemBytes: given },
        statements: [],
      },
    ],
    warnings: over === 0 ? [] : [tooLittle(over, most, given)],
  }
}

async function memoryGiven({ tables }: Look): Promise<number> {
  const [row] = await tables.read((q) =>
    q.query<{ kibibytes: number }>(
      "select setting::float8 as kibibytes from pg_catalog.pg_settings where name = 'maintenance_work_mem'",
    ),
  )
  return (row?.kibibytes ?? 65_536) * 1_024
}

function tooLittle(indexes: number, most: number, given: number): PlanWarning {
  return {
    code: 'W226',
    message: `${indexes} vector ${indexes === 1 ? 'index does' : 'indexes do'} not fit into maintenance_work_mem while built (${mebibytes(most)}, there are ${mebibytes(given)}): it takes four times as long`,
    hint: `alter role … set maintenance_work_mem = '${Math.ceil((most * 1.1) / mebibyte)}MB' for the user that Lockstep connects as, if the server has so much`,
  }
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / mebibyte)} MiB`
}
