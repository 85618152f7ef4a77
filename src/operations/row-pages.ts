import { LockstepError } from '../kernel/errors.ts'
import { printTable, quoteIdentifier, quoteTable } from '../kernel/identifiers.ts'
import type { Queryable } from '../stores/tables.ts'
import type { TableShape } from '../tenants/catalog.ts'
import type { Checkpoint, TableHands, Work } from './operation.ts'
import type { TableState } from './table-state.ts'
import { smallTable } from './table-state.ts'
import { cursorIn } from './table-scope.ts'

/** Milliseconds a batch should hold its row locks: live writers never wait longer for us. Less costs round trips. */
const aim = 200
const firstBatch = 1_000
const largestBatch = 20_000

export interface RowFill {
  /** SQL of the assignments: `"price" = "cents" / 100`. */
  readonly set: string
  /** SQL of the condition under which a row still needs them; false for every row once it has them. */
  readonly where: string
  /** A column that was NULL before: which rows were filled is kept as pre-images, for `emptyRows`. */
  readonly remembers?: string | undefined
}

/** Changes the rows that need it in key order, batch by batch, each with its checkpoint in its own transaction. */
export async function* fillRows(
  work: Work<unknown>,
  hands: TableHands,
  pass: string,
  { table, fill }: { readonly table: TableState; readonly fill: RowFill },
): AsyncGenerator<Checkpoint> {
  const cursor = cursorIn(work, pass)
  const key = keyColumns(table)
  let page: Page = { after: cursor?.table === table.name ? (cursor.key ?? []) : [], last: undefined, size: firstBatch }
  // On stale statistics each batch is planned as a scan of the whole table.
  if (page.after.length === 0 && table.bytes > smallTable) await hands.alone(`analyze ${quoteTable(table)}`)
  for (;;) {
    const now = page
    const batch: Batch = { last: [], next: undefined, changed: 0, took: 0, filled: [] }
    const settled = await hands.change({
      names: [printTable(table)],
      cursor: () => ({ pass, table: table.name, key: [...batch.last] }),
      work: async (q) => {
        Object.assign(batch, await fillBatch(q, { table, fill, key }, now))
        return batch.filled.length === 0 || fill.remembers === undefined
          ? []
          : [{ name: printTable(table), before: { column: fill.remembers, filled: batch.filled }, after: { pass } }]
      },
    })
    if (batch.last.length === 0) return
    yield { ...settled, changed: batch.changed }
    if (batch.next === undefined) return
    page = { after: batch.last, last: batch.next, size: nextSize(now.size, batch.took) }
  }
}

interface Page {
  readonly after: readonly string[]
  /** The last key of the page where it is known already. */
  readonly last: readonly string[] | undefined
  /** Rows of the page after it, and of this one where its end is not known. */
  readonly size: number
}

interface Batch {
  last: readonly string[]
  /** The last key of the page after this one; undefined where there is no row. */
  next: readonly string[] | undefined
  changed: number
  /** Milliseconds of the update alone: how long a loaded client takes to come back is no reason for smaller batches. */
  took: number
  /** The rows changed, where they are to be remembered: key columns as texts, then the hash of the value given. */
  filled: readonly (readonly string[])[]
}

function nextSize(size: number, took: number): number {
  const wanted = Math.round((size * aim) / Math.max(took, 1))
  return Math.min(largestBatch, Math.max(100, Math.min(wanted, size * 2)))
}

export interface KeyColumn {
  readonly name: string
  readonly type: string
}

/** The columns whose order rows can be walked in: the primary key, or else a unique index that is as good. */
export function walkingKey({ primaryKey, indexes, columns }: TableShape): readonly string[] {
  if (primaryKey.length > 0) return primaryKey
  const required = new Set(columns.flatMap(({ name, notNull }) => (notNull ? [name] : [])))
  const unique = indexes.find(
    (index) => index.unique && index.valid && index.plain && index.columns.every((name) => required.has(name)),
  )
  return unique?.columns ?? []
}

export function keyColumns(table: TableState): readonly KeyColumn[] {
  const names = walkingKey(table.shape)
  if (names.length === 0) throw withoutKey(printTable(table))
  return names.flatMap((name) => table.shape.columns.find((each) => each.name === name) ?? [])
}

/** LS-2107 for tables, named as printed, whose rows cannot be walked. */
export function withoutKey(tables: string): LockstepError {
  return new LockstepError('LS-2107', `no primary key, so rows cannot be walked in batches: ${tables}`, {
    where: { name: tables },
    hint: 'add a primary key first, or a unique index on columns that are not null',
  })
}

interface Batching {
  readonly table: TableState
  readonly fill: RowFill
  readonly key: readonly KeyColumn[]
}

/**
 * With both ends known, the update is a range scan of the key's index. The end of the next page comes with it: one round
 * trip less.
 */
async function fillBatch(q: Queryable, { table, fill, key }: Batching, page: Page): Promise<Batch> {
  const columns = key.map((each) => quoteIdentifier(each.name))
  const row = `(${columns.join(', ')})`
  const bound = (from: number): string => `(${key.map(({ type }, n) => `$${from + n}::text::${type}`).join(', ')})`
  const beyond = page.after.length === 0 ? '' : `${row} > ${bound(1)}`
  const endOf = (from: string): string =>
    `select array[${columns.map((column) => `${column}::text`).join(', ')}]
     from (select ${columns.join(', ')} from ${quoteTable(table)}${from === '' ? '' : ` where ${from}`} order by ${columns.join(', ')} limit ${page.size}) page
     order by ${columns.map((column) => `${column} desc`).join(', ')} limit 1`
  const last =
    page.last ?? (await q.query<{ last: string[] | null }>(`select (${endOf(beyond)}) as last`, page.after))[0]?.last
  if (last === undefined || last === null) return { last: [], next: undefined, changed: 0, took: 0, filled: [] }
  const end = bound(page.after.length + 1)
  const range = [...(beyond === '' ? [] : [beyond]), `${row} <= ${end}`]
  const started = performance.now()
  const told =
    fill.remembers === undefined
      ? `'[]'::json as row`
      : `json_build_array(${[...columns.map((column) => `${column}::text`), valueHash(fill.remembers)].join(', ')}) as row`
  const rows = fill.remembers === undefined ? `'[]'::json` : `(select coalesce(json_agg(row), '[]') from filled)`
  const [done] = await q.query<Pick<Batch, 'changed' | 'filled'> & { readonly next: string[] | null }>(
    `with filled as (
       update ${quoteTable(table)} set ${fill.set} where ${range.join(' and ')} and (${fill.where}) and (${saysFilling}) returning ${told})
     select (select count(*) from filled)::int as changed, ${rows} as filled, (${endOf(`${row} > ${end}`)}) as next`,
    [...page.after, ...last],
  )
  return {
    last,
    next: done?.next ?? undefined,
    changed: done?.changed ?? 0,
    took: performance.now() - started,
    filled: done?.filled ?? [],
  }
}

/**
 * SQL that is true in a batch that fills rows. A trigger that gives clients' rows a value looks at it and leaves the row:
 * each step fills its own column, and remembers what it filled.
 */
export const isFilling = `pg_catalog.current_setting('lockstep.filling', true) = 'on'`

const saysFilling = `(select pg_catalog.set_config('lockstep.filling', 'on', true)) = 'on'`

/** Equal for equal values whatever the session's settings are, unlike their texts. */
export function valueHash(column: string): string {
  return `pg_catalog.md5(pg_catalog.record_send(row(${quoteIdentifier(column)})))`
}
