import { LockstepError } from '../../../kernel/errors.ts'
import type { Embedded, Embedder } from '../../../embeddings/embedder.ts'
import type { Queryable } from '../../../stores/tables.ts'
import { vectorPath } from './vector-change.ts'

/** A row whose text is to be embedded, as it was read: the hash tells whether it still says the same. */
export interface TextRow {
  readonly key: readonly string[]
  readonly text: string | null
  readonly hash: string | null
}

export interface EmbeddedRow extends TextRow {
  readonly vector: Float32Array | undefined
  /** Why there is none, though there is something to embed. */
  readonly problem: string | undefined
}

function hasText(row: TextRow): row is TextRow & { readonly text: string } {
  return row.text !== null && row.text.trim() !== ''
}

/** What there is to embed of these rows, in their order. */
export function textsOf(rows: readonly TextRow[]): readonly string[] {
  return rows.filter(hasText).map(({ text }) => text)
}

/** The rows with the answers to `textsOf` them. */
export function withAnswers(rows: readonly TextRow[], answers: readonly Embedded[]): readonly EmbeddedRow[] {
  const left = answers.values()
  return rows.map((row) => {
    const answer = hasText(row) ? left.next().value : undefined
    const { key, text, hash } = row
    if (answer === undefined) return { key, text, hash, vector: undefined, problem: undefined }
    if ('vector' in answer) return { key, text, hash, vector: answer.vector, problem: undefined }
    return { key, text, hash, vector: undefined, problem: answer.failed }
  })
}

/** Vectors of these rows, outside of any transaction. Throws LS-2109 where the model's dimension is not the one asked for. */
export async function embedRows(
  embedder: Embedder,
  rows: readonly TextRow[],
  dimensions: number,
  signal: AbortSignal,
): Promise<readonly EmbeddedRow[]> {
  requireDimensions(embedder, dimensions)
  const texts = textsOf(rows)
  return withAnswers(rows, texts.length === 0 ? [] : await embedder.embed(texts, { signal }))
}

/** The model has to give vectors of the dimension that the column is to have. */
export function requireDimensions({ model }: Embedder, dimensions: number): void {
  if (model.dimensions === dimensions) return
  throw new LockstepError(
    'LS-2109',
    `${model.model} gives vectors of ${model.dimensions} dimensions, not ${dimensions}`,
    {
      hint: 'name the same dimensions in the step and in the configuration of the embedder',
    },
  )
}

/** The oid of pgvector's type, for binary parameters. */
export async function vectorOid(q: Queryable): Promise<number> {
  await q.script(vectorPath)
  const [row] = await q.query<{ oid: number }>(`select 'vector'::regtype::oid::int as oid`)
  return row?.oid ?? 0
}
