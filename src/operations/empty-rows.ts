import { z } from 'zod'
import { printTable, quoteIdentifier, quoteTable } from '../kernel/identifiers.ts'
import type { Queryable } from '../stores/tables.ts'
import type { Checkpoint, PreImage, TableHands, Work } from './operation.ts'
import { keyColumns, valueHash } from './row-pages.ts'
import { tablesScope } from './table-scope.ts'
import { tableStates } from './table-state.ts'
import type { TableState } from './table-state.ts'

const pass = 'emptied rows'
const cursorForm = z.object({ pass: z.literal(pass), images: z.number() })
const imageForm = z.object({ column: z.string(), filled: z.array(z.array(z.string())) })

/**
 * The way back of rows that were filled and remembered: those that still hold the very value they were given are NULL
 * again, batch by batch, newest first; what others wrote since stays.
 */
export async function* emptyRows(work: Work<unknown>, hands: TableHands): AsyncGenerator<Checkpoint> {
  const scope = tablesScope.parse(work.scope)
  const states = await hands.tables.read((q) => tableStates(q, scope, scope.tables))
  const tables = new Map(states.map((table) => [printTable(table), table]))
  const cursor = cursorForm.safeParse(work.cursor)
  let images = 0
  for await (const image of hands.preImages()) {
    const table = tables.get(image.name)
    const before = imageForm.safeParse(image.before)
    if (table === undefined || !before.success) continue
    images++
    if (cursor.success && images <= cursor.data.images) continue
    const work = async (q: Queryable): Promise<readonly PreImage[]> => {
      await emptyBatch(q, table, before.data)
      return []
    }
    yield await hands.change({ names: [image.name], cursor: { pass, images }, work })
  }
}

async function emptyBatch(
  q: Queryable,
  table: TableState,
  { column, filled }: z.infer<typeof imageForm>,
): Promise<void> {
  const key = keyColumns(table)
  const same = key.map(({ name, type }, n) => `t.${quoteIdentifier(name)} = (f.row ->> ${n})::${type}`)
  const name = quoteIdentifier(column)
  await q.query(
    `update ${quoteTable(table)} t set ${name} = null
     from (select e.value as row from pg_catalog.jsonb_array_elements($1::text::jsonb) e) f
     where ${same.join(' and ')} and t.${name} is not null
       and (select ${valueHash(column)} from (select t.${name}) own) = f.row ->> ${key.length}`,
    [JSON.stringify(filled)],
  )
}
