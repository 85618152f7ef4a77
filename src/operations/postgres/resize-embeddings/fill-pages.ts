import { embedPages } from '../../../embeddings/embed-pages.ts'
import type { EmbeddedPage } from '../../../embeddings/embed-pages.ts'
import { quoteIdentifier, quoteTable } from '../../../kernel/identifiers.ts'
import type { Queryable } from '../../../stores/tables.ts'
import type { TableState } from '../../table-state.ts'
import type { ShardOfTables } from '../../work-passes.ts'
import { requireDimensions, textsOf, withAnswers } from './embed-texts.ts'
import type { EmbeddedRow, TextRow } from './embed-texts.ts'
import { keyOf, keyText, typeAfter, vectorColumn, vectorType } from './vector-change.ts'
import type { VectorChange } from './vector-change.ts'

/** Rows of a page, and the bytes of text at which it ends earlier: what is written in one transaction. */
export const pageRows = 1_000
const pageBytes = 4_000_000

/** The rows of a shard's tables, embedded, in the order of the tables and their keys. */
export interface FillPages {
  /** The next rows of this table, undefined behind the last; those of tables before it are passed over. */
  next(table: TableState): Promise<readonly EmbeddedRow[] | undefined>
  close(): Promise<void>
}

interface TablePage {
  /** The place of its table among those of the shard. */
  readonly at: number
  readonly rows: readonly TextRow[]
  readonly texts: readonly string[]
  /** Why the table cannot be read: told when its turn comes. */
  readonly problem?: { readonly error: unknown }
}

/** Begins to read with the first table that is asked for: of those before it nothing may be embedded. */
export function openFillPages(change: VectorChange, shard: ShardOfTables): FillPages {
  const { hands, work } = shard
  const places = new Map(shard.tables.map(({ name }, at) => [name, at]))
  let pages: AsyncGenerator<EmbeddedPage<TablePage>> | undefined
  let held: EmbeddedPage<TablePage> | undefined
  return {
    async next(table) {
      const embedder = await hands.embedder(change.spec.options.embedder ?? '')
      const now = vectorType(vectorColumn(change, table)?.type)
      requireDimensions(embedder, now === undefined ? 0 : typeAfter(change, now).dimensions)
      const wanted = places.get(table.name) ?? 0
      pages ??= embedPages(embedder, readTables(change, shard, wanted), work.signal)
      for (;;) {
        held ??= (await pages.next()).value ?? undefined
        if (held === undefined || held.page.at > wanted) return undefined
        const { page, answers } = held
        held = undefined
        if (page.at < wanted) continue
        if (page.problem !== undefined) throw page.problem.error
        return withAnswers(page.rows, answers)
      }
    },
    async close() {
      await pages?.return(undefined)
    },
  }
}

async function* readTables(
  change: VectorChange,
  { tables, hands, after }: ShardOfTables,
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
