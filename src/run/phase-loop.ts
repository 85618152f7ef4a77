import { retry } from '../kernel/backoff.ts'
import { LockstepError } from '../kernel/errors.ts'
import { changeRun } from '../ledger/runs.ts'
import { insertShards, readShards } from '../ledger/shards.ts'
import type { ShardRow } from '../ledger/shards.ts'
import type { ShardPlan, WorkPhase } from '../operations/operation.ts'
import type { Engine } from './engine.ts'
import { isPassing } from './passing-errors.ts'
import { storeTime } from './phase-document.ts'
import type { RunContext } from './run-context.ts'

/**
 * Sweeps after the planned shards at most. Old clients may go on writing for ever: when a sweep finds about as much as
 * the one before, it is their steady stream, and the last word has `complete`.
 */
const mostSweeps = 4

/** Shards still open are asked for again, whatever became of their jobs: the ledger is the truth, not the queue. */
const askAgainMilliseconds = 5_000

export interface Crew {
  readonly engine: Engine
  /** Shards whose last owner is gone: handed out again at once, whatever the engine believes. */
  readonly reopened: ReadonlySet<string>
  /** Resolves at the next end of a shard in this process, or after `ms`. */
  progressed(ms: number): Promise<void>
}

/** What is still to do in a phase, step by step, in the order in which it is to be done. */
export type Remaining = (phase: WorkPhase) => Promise<readonly (readonly ShardPlan[])[]>

/**
 * Works the phase off: first the shards the ledger has, then, round by round, what is found to remain (tenants born,
 * documents of old clients), until nothing is or a round changed nothing.
 */
export async function workPhase(
  context: RunContext,
  crew: Crew,
  phase: WorkPhase,
  remaining: Remaining,
): Promise<void> {
  for (;;) {
    const rows = await workOff(context, crew, phase)
    const round = rows.reduce((last, row) => Math.max(last, row.round), 0)
    if (round >= mostSweeps || (round > 0 && isSteady(changedIn(rows, round), changedIn(rows, round - 1)))) return
    if (!(await openSweep(context, phase, round + 1, remaining))) return
  }
}

/** One more sweep in any case, where a look has shown that something remains; then as `workPhase`. */
export async function sweepAgain(
  context: RunContext,
  crew: Crew,
  phase: WorkPhase,
  remaining: Remaining,
): Promise<void> {
  const rows = await readShards(context.tables, context.run, phase)
  await openSweep(context, phase, rows.reduce((last, row) => Math.max(last, row.round), 0) + 1, remaining)
  await workPhase(context, crew, phase, remaining)
}

/** Tables come and go while one looks. */
const asked = { first: 50, longest: 1_000, repeats: 5 }

/** False where nothing remains. */
async function openSweep(context: RunContext, phase: WorkPhase, round: number, remaining: Remaining): Promise<boolean> {
  context.pausing.throwIfAborted()
  const since = await storeTime(context.documents, context.clock)
  const { clock, pausing: signal } = context
  const found = await retry({ ...asked, clock, signal, worthwhile: isPassing }, () => remaining(phase))
  const shards = found.reduce((sum, each) => sum + each.length, 0)
  if (shards === 0) return false
  context.emit({ type: 'sweep', phase, round, shards })
  await openRound(context, round, since, found)
  return true
}

function changedIn(rows: readonly ShardRow[], round: number): number {
  return rows.filter((row) => row.round === round).reduce((sum, row) => sum + row.changed, 0)
}

function isSteady(changed: number, before: number): boolean {
  return changed === 0 || changed > before / 2
}

/** Adds a round of shards and the moment from which on changes are the app's business, in one transaction. */
export async function openRound(
  context: RunContext,
  round: number,
  since: string,
  found: readonly (readonly ShardPlan[])[],
): Promise<void> {
  await context.tables.transaction(async (q) => {
    for (const [step, shards] of found.entries()) {
      if (shards.length > 0) await insertShards(q, { run: context.run, step, round, shards })
    }
    if (!(await changeRun(q, context.run, context.owner, { since }))) throw lostRun(context)
  })
}

/** Stage by stage until every shard of the phase is done. Throws what failed, or the reason of the pause. */
async function workOff(context: RunContext, crew: Crew, phase: WorkPhase): Promise<readonly ShardRow[]> {
  let stage = ''
  let asked = 0
  for (;;) {
    const rows = await readShards(context.tables, context.run, phase)
    const open = rows.filter((row) => row.state === 'pending' || row.state === 'running')
    showProgress(context, phase, rows)
    const [next] = open
    context.pausing.throwIfAborted()
    const failed = rows.filter((row) => row.state === 'failed')
    if (next === undefined || (failed.length > 0 && stageOf(next) !== stage)) {
      if (failed.length > 0) throw failureOf(failed)
      return rows
    }
    if (stageOf(next) !== stage || context.clock.now() - asked > askAgainMilliseconds) {
      const ids = open.filter((row) => stageOf(row) === stageOf(next)).map((row) => row.id)
      if (stageOf(next) !== stage) await crew.engine.recover(ids.filter((id) => crew.reopened.has(id)))
      await crew.engine.enqueue(ids)
      stage = stageOf(next)
      asked = context.clock.now()
    }
    await crew.progressed(1000)
  }
}

function stageOf(row: ShardRow): string {
  return `${row.round}/${row.stage}`
}

function showProgress(context: RunContext, phase: WorkPhase, rows: readonly ShardRow[]): void {
  const steps = new Map<number, { step: number; done: number; expected: number }>()
  for (const row of rows) {
    const sum = steps.get(row.step) ?? { step: row.step, done: 0, expected: 0 }
    const done = row.changed + row.skipped
    steps.set(row.step, {
      step: row.step,
      done: sum.done + done,
      expected: sum.expected + (row.state === 'done' ? done : Math.max(row.estimate, done)),
    })
  }
  context.listener({ progress: { phase, steps: [...steps.values()] } })
}

function failureOf(failed: readonly ShardRow[]): LockstepError {
  const [first] = failed
  return new LockstepError('LS-4004', `${failed.length} of the phase's shards failed: ${first?.problem ?? ''}`, {
    where: { name: first?.id ?? '' },
    hint: 'mend the cause and run up again: finished shards stay finished',
  })
}

export function lostRun(context: RunContext): LockstepError {
  return new LockstepError('LS-4003', `run ${context.run} was taken over by another runner`, {
    where: { name: context.migration },
  })
}
