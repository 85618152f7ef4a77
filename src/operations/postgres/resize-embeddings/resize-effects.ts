import type { Effect } from '../../operation.ts'
import type { TableState } from '../../table-state.ts'
import { swapScript } from './swap-sql.ts'
import { makeTwin } from './twin-sql.ts'
import { typeAfter, vectorColumn, vectorPath, vectorType } from './vector-change.ts'
import type { VectorChange, VectorType } from './vector-change.ts'
import { planIndex } from './vector-index.ts'

/** Bytes of a stored vector. */
function vectorBytes({ kind, dimensions }: VectorType): number {
  return kind === 'vector' ? 4 * dimensions + 8 : 2 * dimensions + 8
}

/** Bytes of maintenance_work_mem that a row of an HNSW index takes while it is built, measured. */
export function buildBytes(type: VectorType, m = 16): number {
  return Math.max(vectorBytes(type) + 780 + 32 * (m - 16), vectorBytes(type) * 1.3)
}

/** Rows that Postgres believes to be there; where it never counted, by the size. */
export function rowsOf({ rows, bytes }: TableState): number {
  return rows >= 0 ? rows : Math.ceil(bytes / 1_000)
}

/** Bytes that the twins take until complete: rows, vectors, indexes. */
function diskOf(change: VectorChange, tables: readonly TableState[]): number {
  return tables.reduce((sum, table) => {
    const now = vectorType(vectorColumn(change, table)?.type)
    if (now === undefined) return sum
    const rows = rowsOf(table)
    const type = typeAfter(change, now)
    const indexed = typeof planIndex(change, table, rows) === 'string' ? 0 : 1
    return sum + 40_000 + rows * (200 + vectorBytes(type) * (1 + indexed))
  }, 0)
}

/** Tables that are switched in a second, and rows written: measured, with room for slower machines. */
const perTable = { twin: [0.003, 0.05], switch: [0.004, 0.1] } as const
const rowsPerSecond = { fast: 8_000, slow: 300 }

/** Milliseconds for which a table is locked at its switch, measured while clients wrote to it. */
const lockHeld = [4, 20] as const

const common = { cost: 0, secondsSource: 'guess', statements: [] } as const

const scaled = (n: number, [low, high]: readonly [number, number]): readonly [number, number] => [n * low, n * high + 1]

const counted = (tables: readonly TableState[]): Pick<Effect, 'count' | 'unit'> => ({
  count: { value: tables.length, source: 'counted' },
  unit: 'tables',
})

/** What a pass does to these tables, for the plan. */
export function effectsOf(
  change: VectorChange,
  pass: 'twin' | 'fill' | 'switch',
): (tables: readonly TableState[]) => readonly Effect[] {
  const of = { twin: twinEffect, fill: fillEffect, switch: switchEffect }[pass]
  return (tables) => {
    const [example] = tables
    return example === undefined ? [] : [of(change, tables, example)]
  }
}

function twinEffect(change: VectorChange, tables: readonly TableState[], example: TableState): Effect {
  return {
    ...common,
    phase: 'expand',
    what: `make twins with the new ${change.column}, and note changed rows by trigger`,
    ...counted(tables),
    lock: 'SHARE ROW EXCLUSIVE for milliseconds, a table at a time, lock_timeout 500 ms, retried',
    seconds: scaled(tables.length, perTable.twin),
    disk: 40_000 * tables.length,
    undo: 'drop the twins and the triggers',
    statements: [vectorPath, ...makeTwin(change, example).slice(0, -1)],
  }
}

function fillEffect(change: VectorChange, tables: readonly TableState[]): Effect {
  const rows = tables.reduce((sum, table) => sum + rowsOf(table), 0)
  return {
    ...common,
    phase: 'backfill',
    what: `fill the twins with rows and their new ${change.column}`,
    count: { value: rows, source: 'statistics' },
    unit: 'rows',
    lock: 'none that blocks anyone',
    seconds: [rows / rowsPerSecond.fast, rows / rowsPerSecond.slow + 1],
    disk: diskOf(change, tables),
    undo: 'goes with the twins',
    figures: { rows },
  }
}

function switchEffect(_: VectorChange, tables: readonly TableState[], example: TableState): Effect {
  return {
    ...common,
    phase: 'cutover',
    what: `put the twins in the tables' place, each in one transaction; the tables are kept in step until complete`,
    ...counted(tables),
    lock: `SHARE ROW EXCLUSIVE, then ACCESS EXCLUSIVE, together ${lockHeld.join(' to ')} ms a table, lock_timeout 200 ms, retried`,
    seconds: scaled(tables.length, perTable.switch),
    disk: 0,
    undo: 'put the tables back, with what was written meanwhile',
    figures: { lockMillisecondsLow: lockHeld[0], lockMillisecondsHigh: lockHeld[1] },
    statements: [swapScript(example, 'there')],
  }
}
