import { z } from 'zod'
import type { Queryable } from '../stores/tables.ts'
import type { Checkpoint, PreImage, TableHands, Work } from './operation.ts'
import { groupSize, groupsOf } from './table-targets.ts'

/** Tables of one schema, sorted by name: the scope of a shard. */
export const tablesScope = z.object({ schema: z.string(), tables: z.array(z.string()) })

const tableCursor = z.object({ pass: z.string(), table: z.string() })

export interface TablePass {
  /** Passes of one shard run in the order they are called in; the name tells them apart in the cursor. */
  readonly pass: string
  /** All passes of the shard in order, this one included. */
  readonly passes: readonly string[]
  readonly size?: number
  /** As in TableChange. */
  readonly long?: boolean
  readonly counted?: boolean
  /** Alters what is not in the new shape yet; returns a pre-image for each table altered. */
  readonly alter: (q: Queryable, tables: readonly string[]) => Promise<readonly PreImage[]>
}

/** The tables of the scope that this pass has not settled before `cursor`. */
export function tablesLeft(work: Work<unknown>, pass: TablePass): readonly string[] {
  const { tables } = tablesScope.parse(work.scope)
  const cursor = tableCursor.safeParse(work.cursor)
  if (!cursor.success) return tables
  const here = pass.passes.indexOf(pass.pass)
  const there = pass.passes.indexOf(cursor.data.pass)
  if (here !== there) return here > there ? tables : []
  return tables.filter((table) => table > cursor.data.table)
}

/** Alters the shard's tables in groups, one transaction each, from the work's cursor on. */
export async function* alterTables(
  work: Work<unknown>,
  hands: TableHands,
  pass: TablePass,
): AsyncGenerator<Checkpoint> {
  for (const group of groupsOf(tablesLeft(work, pass), pass.size ?? groupSize)) {
    const cursor = { pass: pass.pass, table: group.at(-1) ?? '' }
    yield await hands.change({ names: group, cursor, long: pass.long, counted: pass.counted, work: pass.alter })
  }
}
