import type { Json } from '../kernel/canonical-json.ts'
import { isOfTable, leave } from './failed-tables.ts'
import type { Progress } from './failed-tables.ts'
import type { Checkpoint, Effect, Look, TableHands, Work } from './operation.ts'
import type { PassBase } from './table-passes.ts'
import { cursorIn } from './table-scope.ts'
import { tableStates } from './table-state.ts'
import type { TableState } from './table-state.ts'

/** What one table at a time is given to work with. */
export interface TableWork {
  readonly table: TableState
  readonly hands: TableHands
  readonly work: Work<unknown>
  /** Where the work on this table stands, as `at` was told; empty at its beginning. */
  readonly after: readonly string[]
  /** The cursor inside this table; without a key, behind it. */
  readonly at: (key?: readonly string[]) => Json | undefined
}

/** The tables of a shard that a pass is about to work on, in this order. */
export interface ShardOfTables extends Pick<TableWork, 'hands' | 'work'> {
  readonly tables: readonly TableState[]
  /** Where the work on a table stands, as in `TableWork`. */
  readonly after: (table: string) => readonly string[]
}

/** A pass at work on a shard. */
export interface OpenPass {
  /** Safe to repeat from its last checkpoint on. Its last checkpoint stands behind the table. */
  readonly change: (working: TableWork) => AsyncGenerator<Checkpoint>
  /** Ends what its tables have shared, whatever became of them. */
  readonly close: () => Promise<void>
}

/** A pass whose tables share nothing. */
export function eachAlone(change: OpenPass['change']): WorkPass['open'] {
  return () => ({ change, close: () => Promise.resolve() })
}

/** A change made to one table at a time, of which the shape of the table does not show all. */
export interface WorkPass extends PassBase {
  readonly how: 'work'
  /** Of these tables, those that still need what the pass gives. Reads only. */
  readonly left: (tables: readonly TableState[], look: Pick<Look, 'tables'>) => Promise<readonly TableState[]>
  readonly open: (shard: ShardOfTables) => OpenPass
  /** What it does to these tables, for the plan. */
  readonly effects: (tables: readonly TableState[]) => readonly Effect[]
}

/** Works on the tables one after the other; one that cannot be changed is left, and the others go on. */
export async function* workThrough(
  work: Work<unknown>,
  hands: TableHands,
  pass: WorkPass,
  { names, progress }: { readonly names: readonly string[]; readonly progress: Progress },
): AsyncGenerator<Checkpoint> {
  const cursor = cursorIn(work, pass.name)
  const there = await hands.tables.read((q) => tableStates(q, progress.scope, names))
  const tables = await pass.left(there, hands)
  const after = (name: string): readonly string[] => (cursor?.table === name ? (cursor.key ?? []) : [])
  const open = pass.open({ tables, hands, work, after })
  try {
    yield* workEach(work, hands, pass.name, { tables, open, after, progress })
  } finally {
    await open.close()
  }
}

interface Working {
  readonly tables: readonly TableState[]
  readonly open: OpenPass
  readonly after: ShardOfTables['after']
  readonly progress: Progress
}

async function* workEach(
  work: Work<unknown>,
  hands: TableHands,
  pass: string,
  { tables, open, after, progress }: Working,
): AsyncGenerator<Checkpoint> {
  for (const { name } of tables) {
    // As of now: an earlier pass may have changed it, and others work meanwhile.
    const [table] = await hands.tables.read((q) => tableStates(q, progress.scope, [name]))
    if (table === undefined) continue
    const at = (key?: readonly string[]): Json | undefined =>
      progress.failed.size === 0 ? { pass, table: name, ...(key && { key: [...key] }) } : undefined
    try {
      for await (const checkpoint of open.change({ table, hands, work, after: after(name), at })) yield checkpoint
    } catch (error) {
      if (!isOfTable(error)) throw error
      await leave(hands, progress, name, error)
    }
  }
}
