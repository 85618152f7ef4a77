import { LockstepError, throwAll } from '../kernel/errors.ts'
import { isPending } from '../report/status.ts'
import type { Status, StatusRow } from '../report/status.ts'

/** What `up` has before it: runs to go on with, then migrations to plan and start, each in the order of the files. */
export interface Queue {
  readonly open: readonly StatusRow[]
  readonly pending: readonly StatusRow[]
}

/** Rows whose run stopped, or may have, on its way forward. */
export function isOpen({ state }: StatusRow): boolean {
  return state === 'running' || state === 'paused' || state === 'failed'
}

/** The row of a migration. Throws LS-2006 for one that is neither on disk nor in the ledger. */
export function findRow({ migrations }: Status, id: string): StatusRow {
  const found = migrations.find((row) => row.id === id)
  if (found !== undefined) return found
  const close = migrations.filter((row) => row.id.includes(id)).map((row) => row.id)
  throw new LockstepError('LS-2006', `there is no migration ${id}`, {
    where: { name: id },
    hint:
      close.length > 0
        ? `did you mean ${close.slice(0, 3).join(' or ')}?`
        : 'lockstep status lists them; lockstep new writes one',
  })
}

/** What is to be done. Throws all that forbids to begin: LS-2003, LS-2004, LS-2005, LS-4006, all of them at once. */
export function queueOf(status: Status, only: string | undefined, outOfOrder: boolean): Queue {
  const rows = only === undefined ? status.migrations : [findRow(status, only)]
  throwAll([
    ...status.migrations.flatMap((row) => [
      ...(row.edited ? [edited(row)] : []),
      ...(isMissed(row) ? [missing(row)] : []),
    ]),
    ...rows.filter(({ state }) => state === 'rolling back').map(goingBack),
    ...(outOfOrder
      ? []
      : rows.filter(isPending).flatMap((row) => (row.olderThan === null ? [] : [late(row, row.olderThan)]))),
  ])
  return { open: rows.filter(isOpen), pending: rows.filter(isPending) }
}

function isMissed({ fileMissing, state }: StatusRow): boolean {
  return fileMissing && state !== 'completed' && state !== 'rolled back'
}

function edited({ id }: StatusRow): LockstepError {
  return new LockstepError('LS-2003', `${id} was edited after it was applied`, {
    where: { name: id },
    why: 'its steps would no longer mean what the ledger recorded; nothing was started',
    hint: 'bring the file back to what was applied (git log -p), and put the change into a new migration',
  })
}

function missing({ id, state }: StatusRow): LockstepError {
  return new LockstepError('LS-2004', `the file of ${id} is missing`, {
    where: { name: id },
    why: `it is ${state}, and without the file it can neither be finished nor taken back; nothing was started`,
    hint: 'bring the file back as it was applied',
  })
}

function goingBack({ id }: StatusRow): LockstepError {
  return new LockstepError('LS-4006', `${id} is on its way back`, {
    where: { name: id },
    hint: `lockstep down ${id} finishes that`,
  })
}

function late({ id }: StatusRow, applied: string): LockstepError {
  return new LockstepError('LS-2005', `${id} is older than ${applied}, which was already applied`, {
    where: { name: id },
    why: 'on a machine that applies all of them it would come first, so that the two could end differently; nothing was started',
    hint: 'give it a later time (lockstep new), or allow it with --out-of-order where the order does not matter',
  })
}

/** The row if the verb applies to it; undefined when there is nothing to do at all. Throws LS-4006 for the wrong state. */
export function requireRow(
  row: StatusRow | undefined,
  applies: (row: StatusRow) => boolean,
  verb: string,
): StatusRow | undefined {
  if (row === undefined || applies(row)) return row
  const why =
    row.state === 'completed' ? 'what was kept for the way back is gone' : `lockstep ${verb} does not apply to that`
  throw new LockstepError('LS-4006', `${row.id} is ${row.state}`, {
    where: { name: row.id },
    why,
    hint: row.next ?? 'lockstep status shows what can be done',
  })
}
