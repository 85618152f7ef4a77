import { quoteIdentifier, quoteTable } from '../../../kernel/identifiers.ts'
import type { Effect, Look } from '../../operation.ts'
import type { TableState } from '../../table-state.ts'
import { groupsOf } from '../../table-targets.ts'
import { buildBytes, rowsOf } from './resize-effects.ts'
import { hasContent, typeAfter, vectorColumn, vectorType } from './vector-change.ts'
import type { VectorChange } from './vector-change.ts'
import { planIndex } from './vector-index.ts'

/** Tables asked in one statement. */
const tablesAsked = 50

interface Texts {
  readonly rows: number
  readonly unique: number
  readonly bytes: number
}

/** What goes to the provider, and what the index takes to be built. Reads each text once. */
export async function costEffects(
  change: VectorChange,
  tables: readonly TableState[],
  look: Look,
): Promise<readonly Effect[]> {
  return [...(await callEffects(change, tables, look)), ...indexEffects(change, tables)]
}

const common = { lock: 'none', seconds: [0, 0], secondsSource: 'guess', cost: 0, disk: 0, statements: [] } as const

async function callEffects(
  change: VectorChange,
  tables: readonly TableState[],
  look: Look,
): Promise<readonly Effect[]> {
  const { embedder: name, from } = change.spec.options
  if (name === undefined || from === undefined || tables.length === 0) return []
  const { rows, unique, bytes } = await countTexts(tables, from, look)
  const tokens = Math.ceil(bytes / 4)
  return [
    {
      ...common,
      phase: 'backfill',
      what: `embed ${unique} different texts of ${rows}, about ${tokens} tokens (bytes / 4), by ${name}`,
      count: { value: unique, source: 'counted' },
      unit: 'rows',
      undo: 'answers stay in the cache',
    },
  ]
}

async function countTexts(tables: readonly TableState[], from: string, look: Look): Promise<Texts> {
  const text = `${quoteIdentifier(from)}::text`
  let sum: Texts = { rows: 0, unique: 0, bytes: 0 }
  for (const group of groupsOf(tables, tablesAsked)) {
    const parts = group.map(
      (table) =>
        `select pg_catalog.md5(${text}) as hash, pg_catalog.octet_length(${text}) as bytes from ${quoteTable(table)} where ${hasContent(text)}`,
    )
    const [row] = await look.tables.read((q) =>
      q.query<Texts>(
        `select sum(n)::float8 as rows, count(*)::float8 as unique, sum(bytes)::float8 as bytes
         from (select hash, count(*) as n, max(bytes) as bytes from (${parts.join(' union all ')}) texts group by hash) t`,
      ),
    )
    sum = {
      rows: sum.rows + (row?.rows ?? 0),
      unique: sum.unique + (row?.unique ?? 0),
      bytes: sum.bytes + (row?.bytes ?? 0),
    }
  }
  return sum
}

function indexEffects(change: VectorChange, tables: readonly TableState[]): readonly Effect[] {
  const indexed = tables.flatMap((table) => {
    const now = vectorType(vectorColumn(change, table)?.type)
    if (now === undefined || typeof planIndex(change, table, rowsOf(table)) === 'string') return []
    return [{ table, bytes: rowsOf(table) * buildBytes(typeAfter(change, now)) }]
  })
  if (indexed.length === 0) return []
  const most = Math.max(...indexed.map(({ bytes }) => bytes))
  const rows = indexed.reduce((sum, { table }) => sum + rowsOf(table), 0)
  return [
    {
      ...common,
      phase: 'backfill',
      what: `build HNSW after the rows; the largest takes ${Math.ceil(most / 1_048_576)} MiB of maintenance_work_mem, four times as long with less`,
      count: { value: indexed.length, source: 'statistics' },
      unit: 'indexes',
      seconds: [rows / 3_000, rows / 200],
      undo: 'goes with the twins',
    },
  ]
}
