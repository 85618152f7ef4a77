import { LockstepError, isLockstepError } from '../kernel/errors.ts'
import { printTable } from '../kernel/identifiers.ts'
import type { TableHands } from './operation.ts'
import type { TablesScope } from './table-scope.ts'

/** What the passes of a shard have seen so far. */
export interface Progress {
  readonly scope: TablesScope
  /** As an earlier pass saw them, in the transaction that changed them. */
  readonly bytes: Map<string, number>
  /** Tables whose shape before this step is in the ledger. */
  readonly kept: Set<string>
  readonly failed: Map<string, LockstepError>
}

/** Tables of a shard that may fail before it is given up: the rest would most likely fail as well. */
const mostFailures = 3

/** Notes that a table could not be changed; throws once so many failed that the rest would most likely fail as well. */
export async function leave(
  hands: TableHands,
  { scope, failed }: Progress,
  name: string,
  error: LockstepError,
): Promise<void> {
  failed.set(name, error)
  await hands.noteFailure(printTable({ schema: scope.schema, name }), error.message)
  if (failed.size > Math.max(mostFailures, scope.tables.length / 100)) throw combined(scope, failed)
}

/** All failures as one error. */
export function combined({ tables }: TablesScope, failed: ReadonlyMap<string, LockstepError>): LockstepError {
  const [first, ...also] = [...failed.values()]
  return new LockstepError(
    first?.code ?? 'LS-3005',
    `${failed.size} of ${tables.length} tables could not be changed: ${first?.message ?? ''}`,
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
