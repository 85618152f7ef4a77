import { LockstepError, isLockstepError, isPause } from '../kernel/errors.ts'
import type { RunEvent } from '../ledger/events.ts'
import { readSince, readTold } from '../ledger/runs.ts'
import { claimShard, endShard } from '../ledger/shards.ts'
import type { ClaimedShard } from '../ledger/shards.ts'
import type { IndexOperation } from '../operations/index-operation.ts'
import type { Checkpoint, DocumentOperation, TableOperation, Work } from '../operations/operation.ts'
import { createCheckpointSaver } from './checkpoint-saver.ts'
import { createDocumentHands } from './document-hands.ts'
import { createIndexHands } from './index-hands.ts'
import { createPace } from './pace.ts'
import { isPassing } from './passing-errors.ts'
import { revertDocuments } from './revert-documents.ts'
import type { RunContext, RunStep } from './run-context.ts'
import { createTableHands } from './table-hands.ts'
import { saidBy } from '../stores/tables.ts'

/** Attempts at a shard whose errors pass by themselves, before it counts as failed. */
const mostAttempts = 8

export interface ShardWorker {
  /** Works on the shard until it is done, failed or paused; rejects when the engine shall hand it out again later. */
  (shard: string, signal: AbortSignal): Promise<void>
}

/** Claims, applies page by page, and ends shards of one run. `progressed` is told of every end. */
export function createShardWorker(context: RunContext, progressed: () => void): ShardWorker {
  return async (id, lost) => {
    if (context.pausing.aborted) return
    const shard = await claimShard(context.tables, id, context.owner)
    if (shard === undefined) return
    const signal = AbortSignal.any([lost, context.pausing])
    const { step, phase, attempt } = shard
    context.emit({ type: 'shard-started', step, phase, shard: id, attempt })
    try {
      await finish(context, shard, await applyShard(context, shard, signal))
    } catch (error) {
      await leave(context, shard, signal, error)
    } finally {
      progressed()
    }
  }
}

interface Totals {
  changed: number
  skipped: number
  conflicts: number
  seconds: number
}

async function applyShard(context: RunContext, shard: ClaimedShard, signal: AbortSignal): Promise<Totals> {
  const step = context.steps[shard.step]
  if (step === undefined) throw new LockstepError('LS-9001', `shard ${shard.id} belongs to no step of this migration`)
  const totals = { changed: 0, skipped: 0, conflicts: 0, seconds: 0 }
  const started = performance.now()
  const { checkpoints, save, settle } = await open(context, step, shard, signal)
  const saver = createCheckpointSaver(save)
  try {
    for await (const checkpoint of checkpoints) {
      if (checkpoint.saved !== true) saver.add(checkpoint)
      totals.changed += checkpoint.changed
      totals.skipped += checkpoint.skipped
      totals.conflicts += checkpoint.conflicts
      signal.throwIfAborted()
    }
  } finally {
    await saver.flush()
  }
  await settle()
  totals.seconds = (performance.now() - started) / 1000
  return totals
}

interface Opened {
  readonly checkpoints: AsyncIterable<Checkpoint>
  save(checkpoint: Checkpoint): Promise<void>
  /** What is left to do when all checkpoints are saved. */
  settle(): Promise<void>
}

async function open(context: RunContext, step: RunStep, shard: ClaimedShard, signal: AbortSignal): Promise<Opened> {
  const { operation } = step
  const told = operation.store === 'documents' ? await readTold(context.tables, shard.run) : {}
  const work: Work<unknown> = {
    spec: step.spec,
    memo: step.memo,
    phase: shard.phase,
    scope: shard.scope,
    cursor: shard.cursor,
    since: shard.phase === 'backfill' ? await readSince(context.tables, shard.run) : undefined,
    told: { ...told, writeBoth: context.writeBoth },
    signal,
  }
  switch (operation.store) {
    case 'documents':
      return openDocuments(context, operation, shard, work)
    case 'tables':
      return openTables(context, operation, shard, work)
    case 'indexes':
      return openIndexes(context, operation, shard, work)
  }
}

async function openDocuments(
  context: RunContext,
  operation: DocumentOperation<unknown>,
  shard: ClaimedShard,
  work: Work<unknown>,
): Promise<Opened> {
  const { documents, tables, clock, mostWrites } = context
  const pace = createPace({ tables, clock, signal: work.signal, name: 'firestore-writes', most: mostWrites })
  const { signal } = work
  const kept = (names: readonly string[], why: string): void => context.emit(keptEvent(shard.step, names, why))
  const hands = await createDocumentHands({ documents, tables, shard, clock, signal, pace, kept })
  const checkpoints =
    shard.phase !== 'revert'
      ? operation.apply(work, hands)
      : (operation.back?.revert(work, hands) ?? revertDocuments({ tables, shard, work, hands }))
  return { checkpoints, save: (checkpoint) => hands.save(checkpoint), settle: () => hands.finish() }
}

function keptEvent(step: number, names: readonly string[], why: string): RunEvent {
  const where = names.slice(0, 3).join(', ') + (names.length > 3 ? ` and ${names.length - 3} more` : '')
  return { type: 'kept', step, where, count: names.length, unit: 'documents', why, names: [...names] }
}

function openTables(
  context: RunContext,
  operation: TableOperation<unknown>,
  shard: ClaimedShard,
  work: Work<unknown>,
): Opened {
  const { tables, clock } = context
  const hands = createTableHands({
    tables,
    shard,
    clock,
    signal: work.signal,
    emit: (event) => context.emit(event),
    embedder: (name) => context.embedder(name),
  })
  const checkpoints = shard.phase === 'revert' ? operation.revert(work, hands) : operation.apply(work, hands)
  return { checkpoints, save: () => Promise.resolve(), settle: () => Promise.resolve() }
}

function openIndexes(
  context: RunContext,
  operation: IndexOperation<unknown>,
  shard: ClaimedShard,
  work: Work<unknown>,
): Opened {
  const { indexes, tables, clock } = context
  const emit = context.emit.bind(context)
  const hands = createIndexHands({ indexes, tables, shard, clock, signal: work.signal, emit })
  const checkpoints = shard.phase === 'revert' ? operation.revert(work, hands) : operation.apply(work, hands)
  return { checkpoints, save: (checkpoint) => hands.save(checkpoint), settle: () => Promise.resolve() }
}

async function finish(context: RunContext, shard: ClaimedShard, totals: Totals): Promise<void> {
  await context.tables.transaction((q) => endShard(q, shard, 'done'))
  context.emit({ type: 'shard-finished', step: shard.step, phase: shard.phase, shard: shard.id, ...totals })
}

/**
 * Paused, or to be paused by what happened: pending again, resolved. Fenced: another has it, resolved. Passing: rejected, so that it
 * comes again. Else failed.
 */
async function leave(context: RunContext, shard: ClaimedShard, signal: AbortSignal, error: unknown): Promise<void> {
  const { step, phase, id } = { step: shard.step, phase: shard.phase, id: shard.id }
  if (isLockstepError(error) && error.code === 'LS-4003') {
    context.emit({ type: 'warning', message: error.message })
    return
  }
  const message = saidBy(error)
  if (!signal.aborted && isLockstepError(error) && isPause(error)) {
    await context.tables.transaction((q) => endShard(q, shard, 'pending', message))
    context.pause(error)
    return
  }
  if (signal.aborted || (isPassing(error) && shard.attempt < mostAttempts)) {
    await context.tables.transaction((q) => endShard(q, shard, 'pending', signal.aborted ? undefined : message))
    if (context.pausing.aborted) return
    context.emit({ type: 'shard-retried', step, phase, shard: id, problem: message })
    throw error
  }
  const code = isLockstepError(error) ? error.code : 'LS-4004'
  const problem = isLockstepError(error) && error.hint !== undefined ? `${message}; ${error.hint}` : message
  await context.tables.transaction((q) => endShard(q, shard, 'failed', problem))
  context.emit({ type: 'shard-failed', step, phase, shard: id, code, problem })
}
