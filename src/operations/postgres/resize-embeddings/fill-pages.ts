import { embedPages } from '../../../embeddings/embed-pages.ts'
import type { EmbeddedPage } from '../../../embeddings/embed-pages.ts'
import type { Embedder } from '../../../embeddings/embedder.ts'
import { quoteIdentifier, quoteTable } from '../../../kernel/identifiers.ts'
import type { Queryable } from '../../../stores/tables.ts'
import type { TableState } from '../../table-state.ts'
import type { ShardOfTables } from '../../work-passes.ts'
import { requireDimensions, textsOf, vectorOid, withAnswers } from './embed-texts.ts'
import type { EmbeddedRow, TextRow } from './embed-texts.ts'
import { keyOf, keyText, typeAfter, vectorColumn, vectorType } from './vector-change.ts'
import type { VectorChange } from './vector-change.ts'
import { encodeVectors } from './vector-array.ts'

/** Rows of a page, and the bytes of text at which it ends earlier: what is written in one transaction. */
export const pageRows = 1_000
const pageBytes = 4_000_000

/** Rows that are ready to be written. */
export interface FilledPage {
  readonly rows: readonly EmbeddedRow[]
  /** Their vectors, as `encodeVectors` makes them. */
  readonly vectors: Buffer
}

/** The rows of a shard's tables, embedded, in the order of the tables and their keys. */
export interface FillPages {
  /** The next rows of this table, undefined behind the last; those of tables before it are passed over. One caller at a time. */
  next(table: TableState): Promise<FilledPage | undefined>
  close(): Promise<void>
}

/** What filling needs of a shard. */
export interface FillShard extends Pick<ShardOfTables, 'tables' | 'after'> {
  readonly hands: Pick<ShardOfTables['hands'], 'tables' | 'embedder'>
  readonly work: Pick<ShardOfTables['work'], 'signal'>
}

interface TablePage {
  /** The place of its table among those of the shard. */
  readonly at: number
  readonly rows: readonly TextRow[]
  readonly texts: readonly string[]
  /** Why the table cannot be read: told when its turn comes. */
  readonly problem?: { readonly error: unknown }
}

interface ReadyPage extends FilledPage {
  readonly page: TablePage
}

/**
 * Begins to read with the first table that is asked for: of those before it nothing may be embedded. While the caller writes a page
 * the one after it is made ready.
 */
export function openFillPages(change: VectorChange, shard: FillShard): FillPages {
  const { hands, work } = shard
  const places = new Map(shard.tables.map(({ name }, at) => [name, at]))
  const closing = new AbortController()
  let pages: AsyncGenerator<ReadyPage> | undefined
  let ahead: Promise<ReadyPage | undefined> | undefined
  const begin = async (embedder: Embedder, from: number): Promise<AsyncGenerator<ReadyPage>> => {
    const signal = AbortSignal.any([work.signal, closing.signal])
    const oid = await hands.tables.read(vectorOid)
    return makeReady(embedPages(embedder, readTables(change, shard, from), signal), oid)
  }
  return {
    async next(table) {
      const embedder = await hands.embedder(change.spec.options.embedder ?? '')
      const now = vectorType(vectorColumn(change, table)?.type)
      requireDimensions(embedder, now === undefined ? 0 : typeAfter(change, now).dimensions)
      const wanted = places.get(table.name) ?? 0
      pages ??= await begin(embedder, wanted)
      for (;;) {
        ahead ??= pages.next().then(({ value }: IteratorResult<ReadyPage, undefined>) => value)
        const found = await ahead
        if (found === undefined || found.page.at > wanted) return undefined
        ahead = pages.next().then(({ value }: IteratorResult<ReadyPage, undefined>) => value)
        // Told when its turn comes.
        ahead.catch(() => undefined)
        if (found.page.at < wanted) continue
        if (found.page.problem !== undefined) throw found.page.problem.error
        return found
      }
    },
    async close() {
      closing.abort()
      await pages?.return(undefined)
    },
  }
}

async function* makeReady(
  embedded: AsyncGenerator<EmbeddedPage<TablePage>>,
  oid: number,
): AsyncGenerator<ReadyPage, undefined> {
  for await (const { page, answers } of embedded) {
    const rows = withAnswers(page.rows, answers)
    yield {
      page,
      rows,
      vectors: encodeVectors(
        rows.map(({ vector }) => vector),
        oid,
      ),
    }
  }
}

async function* readTables(
  change: VectorChange,
  { tables, hands, after }: FillShard,
  from: number,
): AsyncGenerator<TablePage> {
  for (const [at, table] of tables.entries()) {
    if (at < from) continue
    let last = after(table.name)
    for (let more = true; more;) {
      const page = await hands.tables
        .read((q) => readPage(q, change, table, last))
        .catch((error: unknown) => ({ rows: [], more: false, problem: { error } }))
      if (page.rows.length > 0 || 'problem' in page) yield { ...page, at, texts: textsOf(page.rows) }
      last = page.rows.at(-1)?.key ?? last
      more = page.more
    }
  }
}

interface ReadPage {
  readonly rows: readonly TextRow[]
  readonly more: boolean
}

/** Texts beyond the bound are not even taken out of storage: their sizes are known without. */
async function readPage(
  q: Queryable,
  change: VectorChange,
  table: TableState,
  after: readonly string[],
): Promise<ReadPage> {
  const text = `s.${quoteIdentifier(change.spec.options.from ?? '')}`
  const key = keyOf(table).map(({ name }) => `s.${quoteIdentifier(name)}`)
  const rows = await q.query<TextRow & { readonly found: number }>(
    `select ${keyText(table, 's')} as key, ${text}::text as text, pg_catalog.md5(${text}::text) as hash, lockstep_found as found
     from (select s.*, count(*) over ()::int as lockstep_found, row_number() over page as lockstep_nth,
                  sum(coalesce(pg_catalog.octet_length(${text}::text), 0)) over page as lockstep_bytes
           from (select * from ${quoteTable(table)} s ${beyond(table, after)} order by ${key.join(', ')} limit ${pageRows}) s
           window page as (order by ${key.join(', ')} rows unbounded preceding)) s
     where lockstep_bytes <= ${pageBytes} or lockstep_nth = 1 order by ${key.join(', ')}`,
    after,
  )
  const found = rows[0]?.found ?? 0
  return { rows, more: found === pageRows || rows.length < found }
}

/** SQL of a condition on rows `s`: those behind this key, whose texts are the statement's first parameters. */
export function beyond(table: TableState, after: readonly string[]): string {
  if (after.length === 0) return ''
  const key = keyOf(table)
  const bound = key.map(({ type }, n) => `$${n + 1}::text::${type}`)
  return `where (${key.map(({ name }) => `s.${quoteIdentifier(name)}`).join(', ')}) > (${bound.join(', ')})`
}
