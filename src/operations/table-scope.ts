import { z } from 'zod'
import type { ShardPlan, Work, WorkPhase } from './operation.ts'
import type { TableState } from './table-state.ts'
import { groupsOf } from './table-targets.ts'

/** Tables of one schema, sorted by name: the scope of a shard. */
export const tablesScope = z.object({
  schema: z.string(),
  tables: z.array(z.string()),
  /** What stands before and after the tenant's key in the tables' names. */
  around: z.tuple([z.string(), z.string()]).optional(),
})
export type TablesScope = z.infer<typeof tablesScope>

/** A table that need not be there yet. */
export type PlacedTable = Pick<TableState, 'schema' | 'name' | 'key'>

/** Tables a shard holds at most: a few seconds of work. */
const tablesPerShard = 250

/** Fleets from this size on have canaries; of smaller ones the first group is about as many. */
const smallFleet = 100
const mostCanaries = 50

/**
 * The tables of one template or of one name as shards of a phase. In a large fleet the canaries (those named, else one
 * in a hundred) come first, as a stage of their own: when one of them fails, nothing else is begun.
 */
export function tableShards(
  phase: WorkPhase,
  tables: readonly PlacedTable[],
  canaries: ReadonlySet<string> = new Set(),
): readonly ShardPlan[] {
  if (phase === 'revert' || tables.length < smallFleet) return shardsOf(phase, 1, tables)
  const named = tables.filter(({ key }) => canaries.has(key))
  const first = named.length > 0 ? named : tables.slice(0, Math.min(mostCanaries, Math.ceil(tables.length / 100)))
  const isFirst = new Set(first)
  return [
    ...shardsOf(phase, 1, first),
    ...shardsOf(
      phase,
      2,
      tables.filter((table) => !isFirst.has(table)),
    ),
  ]
}

function shardsOf(phase: WorkPhase, stage: number, tables: readonly PlacedTable[]): readonly ShardPlan[] {
  return groupsOf(tables, tablesPerShard).map((group) => {
    const [{ schema, name, key } = { schema: 'public', name: '', key: '' }] = group
    const at = name.lastIndexOf(key)
    const around: [string, string] = [name.slice(0, at), name.slice(at + key.length)]
    return {
      phase,
      stage,
      scope: { schema, tables: group.map((table) => table.name), ...(key === '' ? {} : { around }) },
      estimate: group.length,
    }
  })
}

const tableCursor = z.object({ pass: z.string(), table: z.string(), key: z.array(z.string()).optional() })

/** The last table of a pass, and where its rows were filled in part, the key of the last one as texts. */
export type TableCursor = z.infer<typeof tableCursor>

/** Where the work stands in this pass; undefined where it has not begun or is of another. */
export function cursorIn(work: Work<unknown>, pass: string): TableCursor | undefined {
  const cursor = tableCursor.safeParse(work.cursor)
  return cursor.success && cursor.data.pass === pass ? cursor.data : undefined
}

/** The tables of the scope that this pass has not settled before the cursor: half-filled ones are not settled. */
export function tablesLeft(work: Work<unknown>, pass: string, passes: readonly string[]): readonly string[] {
  const { tables } = tablesScope.parse(work.scope)
  const cursor = tableCursor.safeParse(work.cursor)
  if (!cursor.success) return tables
  const here = passes.indexOf(pass)
  const there = passes.indexOf(cursor.data.pass)
  if (here !== there) return here > there ? tables : []
  const { table: last, key } = cursor.data
  return tables.filter((table) => table > last || (key !== undefined && table === last))
}
