import { z } from 'zod'
import { LockstepError } from '../kernel/errors.ts'
import { printTable, quoteIdentifier, quoteTable } from '../kernel/identifiers.ts'
import type { TableName } from '../kernel/identifiers.ts'
import type { Queryable } from '../stores/tables.ts'
import { columnStates } from './column-state.ts'
import type { Checkpoint, TableHands, Work } from './operation.ts'

/** Milliseconds a batch should hold its row locks: live writers never wait longer for us. */
const aim = 100
const firstBatch = 1_000
const largestBatch = 20_000

export interface RowFill {
  readonly table: TableName
  readonly column: string
  /** A SQL expression evaluated for each row. */
  readonly value: string
}

/** Where a fill stands: the table, and the last key filled, as texts. */
export const rowCursor = z.object({ table: z.string(), key: z.array(z.string()) })

/** Fills NULLs of a column in key order, batch by batch, each with its checkpoint in its own transaction. */
export async function* fillRows(work: Work<unknown>, hands: TableHands, fill: RowFill): AsyncGenerator<Checkpoint> {
  const key = await hands.tables.read((q) => keyColumns(q, fill.table))
  const cursor = rowCursor.safeParse(work.cursor)
  let after: readonly string[] = cursor.success && cursor.data.table === fill.table.name ? cursor.data.key : []
  let size = firstBatch
  for (;;) {
    const started = performance.now()
    const batchSize = size
    const names = [printTable(fill.table)]
    const batch: Batch = { last: [], changed: 0 }
    const settled = await hands.change({
      names,
      cursor: () => ({ table: fill.table.name, key: [...batch.last] }),
      work: async (q) => {
        Object.assign(batch, await fillBatch(q, fill, key, { after, size: batchSize }))
        return []
      },
    })
    if (batch.last.length === 0) return
    yield { ...settled, changed: batch.changed }
    after = batch.last
    size = nextSize(size, performance.now() - started)
  }
}

interface Batch {
  last: readonly string[]
  changed: number
}

function nextSize(size: number, took: number): number {
  const wanted = Math.round((size * aim) / Math.max(took, 1))
  return Math.min(largestBatch, Math.max(100, Math.min(wanted, size * 2)))
}

async function keyColumns(q: Queryable, table: TableName): Promise<readonly KeyColumn[]> {
  const [state] = await columnStates(q, table.schema, [table.name], '')
  const names = state?.primaryKey ?? []
  if (names.length === 0) {
    throw withoutKey(printTable(table))
  }
  const types = await q.query<KeyColumn>(
    `select a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type from pg_catalog.pg_attribute a
     where a.attrelid = pg_catalog.to_regclass($1) and a.attname = any($2::text[])`,
    [quoteTable(table), names],
  )
  return names.flatMap((name) => types.find((each) => each.name === name) ?? [])
}

/** LS-2107 for tables, named as printed, whose rows cannot be walked. */
export function withoutKey(tables: string): LockstepError {
  return new LockstepError('LS-2107', `no primary key, so rows cannot be walked in batches: ${tables}`, {
    where: { name: tables },
    hint: 'add a primary key first, or use a constant default, which touches no row',
  })
}

interface KeyColumn {
  readonly name: string
  readonly type: string
}

async function fillBatch(
  q: Queryable,
  fill: RowFill,
  key: readonly KeyColumn[],
  page: { readonly after: readonly string[]; readonly size: number },
): Promise<{ readonly last: readonly string[]; readonly changed: number }> {
  const table = quoteTable(fill.table)
  const column = quoteIdentifier(fill.column)
  const columns = key.map(({ name }) => quoteIdentifier(name)).join(', ')
  const typed = key.map(({ type }, n) => `$${n + 1}::text::${type}`).join(', ')
  const beyond = page.after.length === 0 ? '' : `where (${columns}) > (${typed})`
  const texts = key.map(({ name }) => `${quoteIdentifier(name)}::text`).join(', ')
  const joined = key.map(({ name }) => `t.${quoteIdentifier(name)} = b.${quoteIdentifier(name)}`).join(' and ')
  const [row] = await q.query<{ last: string[] | null; changed: number }>(
    `with b as materialized (select ${columns} from ${table} ${beyond} order by ${columns} limit ${page.size}),
     filled as (update ${table} t set ${column} = ${fill.value} from b where ${joined} and t.${column} is null returning 1)
     select (select array[${texts}] from b order by ${key.map(({ name }) => `${quoteIdentifier(name)} desc`).join(', ')} limit 1) as last,
            (select count(*)::int from filled) as changed`,
    page.after,
  )
  return { last: row?.last ?? [], changed: row?.changed ?? 0 }
}
