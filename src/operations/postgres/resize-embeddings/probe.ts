import { LockstepError } from '../../../kernel/errors.ts'
import { printTable, quoteIdentifier, quoteTable } from '../../../kernel/identifiers.ts'
import type { Embedder } from '../../../embeddings/embedder.ts'
import type { TableReader } from '../../../stores/tables.ts'
import type { TableState } from '../../table-state.ts'
import type { TableWork } from '../../work-passes.ts'
import { hasContent, vectorColumn, vectorPath, vectorType } from './vector-change.ts'
import type { VectorChange } from './vector-change.ts'

/** Stored texts of a table that are embedded before it is filled, and how near an answer has to be to what is stored. */
const probes = 20
const near = 0.99

export interface Probed {
  readonly change: VectorChange
  /** Where the vectors are, quoted. */
  readonly place: string
  readonly signal: AbortSignal
  /** Texts that are embedded. */
  readonly most: number
}

/** How near vectors of one model are to those stored, at least; undefined where nothing is stored. */
export async function nearness(
  tables: TableReader,
  embedder: Embedder,
  { change, place, signal, most }: Probed,
): Promise<number | undefined> {
  const { from = '' } = change.spec.options
  const [text, vector] = [quoteIdentifier(from), quoteIdentifier(change.column)]
  const rows = await tables.read(async (q) => {
    await q.script(vectorPath)
    return q.query<{ text: string; vector: string }>(
      `select ${text}::text as text, ${vector}::vector::text as vector from ${place} where ${vector} is not null and ${hasContent(text)} limit ${most}`,
    )
  })
  if (rows.length === 0) return undefined
  const answers = await embedder.embed(
    rows.map((row) => row.text),
    { signal },
  )
  const found = rows.flatMap((row, n) => {
    const answer = answers[n]
    return answer === undefined || 'failed' in answer ? [] : [cosine(answer.vector, JSON.parse(row.vector) as number[])]
  })
  return found.length === 0 ? undefined : Math.min(...found)
}

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return 0
  let [dot, x, y] = [0, 0, 0]
  for (let n = 0; n < a.length; n++) {
    const [p = 0, q = 0] = [a[n], b[n]]
    dot += p * q
    x += p * p
    y += q * q
  }
  return x === 0 || y === 0 ? 0 : dot / Math.sqrt(x * y)
}

/**
 * Before a table is filled: its vectors are those of the model that `was` names. Of another model at the same dimension
 * nothing else would tell. Throws LS-2121, so that in a fleet the table is left out.
 */
export async function probeOld(change: VectorChange, { table, hands, work }: TableWork): Promise<void> {
  const { was } = change.spec.options
  if (was === undefined) return
  const embedder = await hands.embedder(was)
  const stored = vectorType(vectorColumn(change, table)?.type)
  const probed = { change, place: quoteTable(table), signal: work.signal, most: probes }
  const found = await nearness(hands.tables, embedder, probed)
  if (found === undefined || (found >= near && stored?.dimensions === embedder.model.dimensions)) return
  throw wrongModel(table, embedder, found)
}

export function wrongModel(table: TableState, { model }: Embedder, found: number): LockstepError {
  return new LockstepError('LS-2121', `vectors in ${printTable(table)} are not those of ${model.model}`, {
    where: { name: printTable(table) },
    why: `of some stored texts embedded anew, one is ${found.toFixed(2)} near what is stored (cosine; ${near} is asked for)`,
    hint: 'name the embedder that the stored vectors came from in was; nothing was switched',
  })
}

export function isNear(found: number | undefined): boolean {
  return found === undefined || found >= near
}
