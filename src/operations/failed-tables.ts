import { LockstepError, isLockstepError } from '../kernel/errors.ts'
import { printTable } from '../kernel/identifiers.ts'
import type { TableHands } from './operation.ts'
import type { Sized } from './table-passes.ts'
import type { TablesScope } from './table-scope.ts'

/** Where the work on the tables of a shard stands. */
export interface Progress {
  readonly scope: TablesScope
  /** As an earlier pass saw them, in the transaction that changed them. */
  readonly seen: Map<string, Sized>
  /** Tables whose shape before this step is in the ledger. */
  readonly kept: Set<string>
  readonly failed: Map<string, LockstepError>
  /** Tables that the step cannot be done to, because of their rows. */
  readonly unfit: Map<string, LockstepError>
  /** Whether these are left out; else they fail. */
  readonly lenient: boolean
}

/** Tables of a shard that may fail before it is given up: the rest would most likely fail as well. */
const mostFailures = 3

/** Notes a table that could not be changed: unfit, or failed. Throws once too many failed. */
export async function leave(
  hands: TableHands,
  { scope, failed, unfit, lenient }: Progress,
  name: string,
  error: LockstepError,
): Promise<void> {
  if (lenient && error.code === 'LS-2121') return void unfit.set(name, error)
  failed.set(name, error)
  await hands.noteFailure(printTable({ schema: scope.schema, name }), error.message)
  if (failed.size > Math.max(mostFailures, scope.tables.length / 100)) throw combined(failed)
}

/** One error of all that failed. */
export function combined(failed: ReadonlyMap<string, LockstepError>): LockstepError {
  const [first, ...also] = [...failed.values()]
  return new LockstepError(
    first?.code ?? 'LS-3005',
    `${failed.size} ${failed.size === 1 ? 'table' : 'tables'} could not be changed: ${first?.message ?? ''}`,
    {
      also,
      cause: first?.cause,
      where: first?.where ?? {},
      hint: first?.hint ?? 'mend them and run up again; lockstep status --tables names them, the others are done',
    },
  )
}

const ofTables: ReadonlySet<string> = new Set(['LS-2121', 'LS-2125', 'LS-3005', 'LS-4008'])

/** What Postgres refused for this very table; anything else concerns all of them. */
export function isOfTable(error: unknown): error is LockstepError {
  return isLockstepError(error) && ofTables.has(error.code)
}
