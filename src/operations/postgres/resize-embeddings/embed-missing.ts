import { quoteIdentifier } from '../../../kernel/identifiers.ts'
import type { Queryable } from '../../../stores/tables.ts'
import type { Embedder } from '../../../embeddings/embedder.ts'
import type { TableHands } from '../../operation.ts'
import type { TableState } from '../../table-state.ts'
import { embedRows, vectorOid } from './embed-texts.ts'
import type { EmbeddedRow, TextRow } from './embed-texts.ts'
import { keyedRows, keyParams, noteFailed, unread } from './fill-twin.ts'
import { hasKey, keyText, knownAs, vectorPath } from './vector-change.ts'
import { encodeVectors } from './vector-array.ts'
import type { VectorChange } from './vector-change.ts'

/** Rows embedded at once. */
const atOnce = 500

/** A row that could not be embedded is asked for again this many times. */
const mostTries = 3

export interface Embedding {
  readonly change: VectorChange
  readonly table: TableState
  /** Where the rows without vectors are, quoted: the twin, or after the switch the table itself. */
  readonly place: string
  readonly embedder: Embedder
  readonly dimensions: number
}

/** Embeds rows that are noted as missing until none is left but those that failed too often, or have changed meanwhile. */
export async function embedMissing(hands: TableHands, signal: AbortSignal, embedding: Embedding): Promise<void> {
  const { table, embedder, dimensions } = embedding
  let after: readonly string[] = []
  for (;;) {
    signal.throwIfAborted()
    const rows = await hands.tables.read((q) => readMissing(q, embedding, after))
    const last = rows.at(-1)?.key
    if (last === undefined) return
    const embedded = await embedRows(embedder, rows, dimensions, signal)
    const oid = await hands.tables.read(vectorOid)
    await hands.change({
      names: [table.name],
      cursor: undefined,
      work: async (q) => {
        await updateRows(q, embedding, embedded, oid)
        return []
      },
    })
    after = last
  }
}

async function readMissing(
  q: Queryable,
  { change, table, place }: Embedding,
  after: readonly string[],
): Promise<readonly TextRow[]> {
  const text = `t.${quoteIdentifier(change.spec.options.from ?? '')}::text`
  return q.query<TextRow>(
    `select ${keyText(table, 't')} as key, ${text} as text, pg_catalog.md5(${text}) as hash
     from lockstep_vectors.missing m join ${place} t on ${hasKey(table, 't', 'm.key')}
     where m.table_name = ${knownAs(table)} and m.tries < ${mostTries} and m.key > $1::text[] order by m.key limit ${atOnce}`,
    [after],
  )
}

async function updateRows(
  q: Queryable,
  { change, table, place }: Embedding,
  rows: readonly EmbeddedRow[],
  oid: number,
): Promise<void> {
  const text = `t.${quoteIdentifier(change.spec.options.from ?? '')}::text`
  const found = rows.filter(({ vector }) => vector !== undefined)
  await q.script(`${vectorPath}; ${unread}`)
  await q.query(
    `with done as (
       update ${place} t set ${quoteIdentifier(change.column)} = p.vector from ${keyedRows(table)} p
       where ${hasKey(table, 't', 'p.key')} and pg_catalog.md5(${text}) is not distinct from p.hash returning p.key)
     delete from lockstep_vectors.missing m using done where m.table_name = ${knownAs(table)} and m.key = done.key`,
    [
      ...keyParams(
        table,
        found.map(({ key }) => key),
      ),
      found.map(({ hash }) => hash),
      encodeVectors(
        found.map(({ vector }) => vector),
        oid,
      ),
    ],
  )
  await noteFailed(q, table, rows)
}
