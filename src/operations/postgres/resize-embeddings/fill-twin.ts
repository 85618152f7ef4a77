import { quoteIdentifier, quoteTable } from '../../../kernel/identifiers.ts'
import type { Queryable } from '../../../stores/tables.ts'
import type { Checkpoint } from '../../operation.ts'
import type { TableState } from '../../table-state.ts'
import type { TableWork } from '../../work-passes.ts'
import type { EmbeddedRow } from './embed-texts.ts'
import { beyond, pageRows } from './fill-pages.ts'
import type { FilledPage, FillPages } from './fill-pages.ts'
import { carriedColumns, isTaken } from './mirror.ts'
import type { Mirroring } from './mirror.ts'
import { hasKey, keyOf, keyText, knownAs, vectorPath } from './vector-change.ts'

/** Fills the twin page by page in the order of the key, from the last checkpoint on. */
export async function* fillTwin(
  working: TableWork,
  mirroring: Mirroring,
  pages: FillPages,
): AsyncGenerator<Checkpoint> {
  const { way } = mirroring
  yield* 'follows' in way ? fillBySql(working, mirroring, way.follows) : fillByEmbedder(working, mirroring, pages)
}

/** The next pages are read and embedded while this one is written. */
async function* fillByEmbedder(
  { table, hands, at }: TableWork,
  mirroring: Mirroring,
  pages: FillPages,
): AsyncGenerator<Checkpoint> {
  for (;;) {
    const page = await pages.next(table)
    const last = page?.rows.at(-1)?.key
    if (page === undefined || last === undefined) return
    const insert = (around: Around): Promise<Checkpoint> =>
      hands.change({
        names: [table.name],
        cursor: at(last),
        work: async (q) => {
          await insertPage(q, mirroring, page, around)
          return []
        },
      })
    // A unique value that has gone from one row to another meanwhile is rare, and looking out for it dear.
    const settled = await insert('').catch((error: unknown) => {
      if (!isTaken(error)) throw error
      return insert('on conflict do nothing')
    })
    yield { ...settled, changed: page.rows.length }
  }
}

/** A statement after which those that follow are planned without a look at their parameters: each look copies the vectors several times. */
export const unread = 'set local plan_cache_mode = force_generic_plan'

/** What becomes of a row that another one is in the way of: it fails the page, or stays away, and the outbox has both. */
type Around = '' | 'on conflict do nothing'

/** Only rows that still have the text that was embedded: whatever else happened to a row is in the outbox. */
async function insertPage(
  q: Queryable,
  { change, table, twin }: Mirroring,
  { rows, vectors }: FilledPage,
  around: Around,
): Promise<void> {
  const text = `s.${quoteIdentifier(change.spec.options.from ?? '')}::text`
  const columns = carriedColumns(change, table)
  const keys = rows.map(({ key }) => key)
  await q.script(`${vectorPath}; ${unread}`)
  await q.query(
    `with embedded as ${keyedRows(table)}
     insert into ${twin} (${[...columns, quoteIdentifier(change.column)].join(', ')}) overriding system value
     select ${columns.map((name) => `s.${name}`).join(', ')}, p.vector
     from embedded p join ${quoteTable(table)} s on ${hasKey(table, 's', 'p.key')} and pg_catalog.md5(${text}) is not distinct from p.hash
     where ${between(table, keyOf(table).length + 3)} ${around}`,
    [...keyParams(table, keys), rows.map(({ hash }) => hash), vectors, ...(keys.at(0) ?? []), ...(keys.at(-1) ?? [])],
  )
  await noteFailed(q, table, rows)
}

/** The rows of the page by the ends of their range, parameters from this number on: never a scan of the whole table. */
function between(table: TableState, from: number): string {
  const key = keyOf(table)
  const row = `(${key.map(({ name }) => `s.${quoteIdentifier(name)}`).join(', ')})`
  const bound = (at: number): string => `(${key.map(({ type }, n) => `$${at + n}::text::${type}`).join(', ')})`
  return `${row} >= ${bound(from)} and ${row} <= ${bound(from + key.length)}`
}

/**
 * A subquery with the columns key, hash, vector, of the parameters `keyParams`, hashes, vectors. Unnested in its select
 * list: in FROM the vectors would all be put aside first, in a file.
 */
export function keyedRows(table: TableState): string {
  const key = keyOf(table)
  const unnested = [
    ...key.map((_, n) => `unnest($${n + 1}::text[]) as k${n + 1}`),
    `unnest($${key.length + 1}::text[]) as hash`,
    `unnest($${key.length + 2}::vector[]) as vector`,
  ]
  return `(select array[${key.map((_, n) => `k${n + 1}`).join(', ')}] as key, hash, vector from (select ${unnested.join(', ')}) u)`
}

export function keyParams(table: TableState, keys: readonly (readonly string[])[]): readonly unknown[] {
  return keyOf(table).map((_, n) => keys.map((key) => key[n]))
}

/** Rows that have no vector though there is something to embed are listed with the reason. */
export async function noteFailed(q: Queryable, table: TableState, rows: readonly EmbeddedRow[]): Promise<void> {
  const failed = rows.flatMap(({ key, problem }) => (problem === undefined ? [] : [{ key, problem }]))
  if (failed.length === 0) return
  await q.query(
    `insert into lockstep_vectors.missing (table_name, key, problem, tries)
     select ${knownAs(table)}, array(select jsonb_array_elements_text(f.key)), f.problem, 1
     from jsonb_to_recordset($1::jsonb) as f(key jsonb, problem text)
     on conflict (table_name, key) do update set problem = excluded.problem, tries = missing.tries + 1`,
    [JSON.stringify(failed)],
  )
}

/** No text is read out of the database, no API is called. */
async function* fillBySql(working: TableWork, mirroring: Mirroring, follows: string): AsyncGenerator<Checkpoint> {
  const { table, hands } = working
  const { change, twin } = mirroring
  const columns = carriedColumns(change, table)
  const key = keyOf(table).map(({ name }) => `s.${quoteIdentifier(name)}`)
  let after = working.after
  for (;;) {
    const from = after
    let last: readonly string[] | undefined
    let changed = 0
    const settled = await hands.change({
      names: [table.name],
      cursor: () => working.at(last),
      work: async (q) => {
        await q.script(vectorPath)
        const [row] = await q.query<{ last: string[] | null; count: number }>(
          `with page as materialized (select * from ${quoteTable(table)} s ${beyond(table, from)} order by ${key.join(', ')} limit ${pageRows}),
             filled as (insert into ${twin} (${[...columns, quoteIdentifier(change.column)].join(', ')}) overriding system value
               select ${columns.map((name) => `s.${name}`).join(', ')}, ${follows} from page s on conflict do nothing)
           select count(*)::int as count, (select ${keyText(table, 's')} from page s order by ${key.map((name) => `${name} desc`).join(', ')} limit 1) as last from page`,
          from,
        )
        last = row?.last ?? undefined
        changed = row?.count ?? 0
        return []
      },
    })
    if (last === undefined) return
    after = last
    yield { ...settled, changed }
  }
}
