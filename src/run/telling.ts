import { readSince, readTold } from '../ledger/runs.ts'
import type { RunChange } from '../ledger/runs.ts'
import type { Told } from '../operations/told.ts'
import { readPhase, storeTime, writePhase } from './phase-document.ts'
import type { RunContext } from './run-context.ts'

const moments = {
  backfill: 'backfill',
  cutover: 'cutover',
  contract: 'contract',
  'rolling back': 'rollingBack',
} as const satisfies Readonly<Record<string, keyof Told>>

/** Tells clients of a phase; the moment before they first were is in the ledger by then. */
export async function tell(context: RunContext, phase: keyof typeof moments): Promise<void> {
  await note(context, moments[phase])
  await writePhase(context.documents, context.clock, context.migration, phase)
}

/** Keeps the document store's time, unless it was kept before. */
export async function note(context: RunContext, moment: Exclude<keyof Told, 'writeBoth' | 'swept'>): Promise<void> {
  const { documents, clock, tables, run } = context
  const told = await readTold(tables, run)
  if (told[moment] === undefined) await context.flush({ told: { [moment]: await storeTime(documents, clock) } })
}

/** Keeps when the last sweep of the backfill began. It is over by now, and no sweep of another phase has begun since. */
export async function noteSwept(context: RunContext): Promise<void> {
  const since = await readSince(context.tables, context.run)
  if (since !== undefined) await context.flush({ told: { swept: since } })
}

/**
 * Whether clients were told of the contract phase: what they read counts, not what the ledger has of it, since a kill
 * may have come between the two. Where they were not, the ledger does not say so either from now on.
 */
export async function isContractTold(context: RunContext, change: RunChange = {}): Promise<boolean> {
  const phase = await readPhase(context.documents, context.migration)
  const isTold = phase === 'contract' || phase === 'completed'
  const forgets = !isTold && phase !== 'rolling back'
  await context.flush({ ...change, ...(forgets ? { told: { contract: null } } : {}) })
  return isTold
}
