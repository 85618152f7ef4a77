import { setMaxListeners } from 'node:events'
import { LockstepError, isLockstepError, isPause } from '../kernel/errors.ts'
import { appendEvents } from '../ledger/event-log.ts'
import type { RunEvent } from '../ledger/events.ts'
import { acknowledgeRequests, pauseRequestedBy } from '../ledger/requests.ts'
import { beat, changeRun, holdRun, releaseRun } from '../ledger/runs.ts'
import { reopenShards } from '../ledger/shards.ts'
import type { Crew } from './phase-loop.ts'
import { lostRun } from './phase-loop.ts'
import { createBell } from './retry.ts'
import type { Rooms, RunContext, RunStep } from './run-context.ts'
import { createRunnerName, isDeadRunner, printRunner } from './runner.ts'
import { createShardWorker } from './shard-worker.ts'
import { saidBy } from '../stores/tables.ts'

/** Often enough that a lease of 15 s outlasts two lost beats. */
const beatMilliseconds = 3_000

export interface SessionOptions {
  readonly rooms: Rooms
  readonly run: string
  readonly migration: string
  readonly steps: readonly RunStep[]
  /** Aborted by Ctrl-C. */
  readonly interrupt: AbortSignal
  /** Jobs of different ways through a run do not mix. */
  readonly way: 'forward' | 'catch-up' | 'contract' | 'revert'
  /** Takes every shard away from whoever holds it: before going back. */
  readonly takeAll: boolean
}

/** Holds the run while `work` goes on; whatever ends it, the ledger says how. */
export async function withRun<T>(
  options: SessionOptions,
  work: (context: RunContext, crew: Crew) => Promise<T>,
): Promise<T> {
  const { rooms, run, migration } = options
  const owner = createRunnerName()
  const held = await holdRun(rooms.tables, run, owner, isDeadRunner)
  if (!held.held) throw heldBy(migration, held.by, held.seconds)
  const reopened = await reopenShards(rooms.tables, run, options.takeAll ? () => true : isDeadRunner)
  const pausing = new AbortController()
  // Each shard at work listens to it, and each pause between two tries.
  setMaxListeners(0, pausing.signal)
  const { context, close } = createContext(options, owner, pausing)
  const heart = startHeart(context, pausing)
  const crew = await startCrew(context, options.way, reopened)
  try {
    const result = await work(context, crew)
    await crew.engine.clear()
    await close(crew)
    return result
  } catch (error) {
    // Pages that are on their way end, but nothing new begins: the run is over for this process.
    pausing.abort(error)
    await close(crew)
    await record(context, options.way, error)
    throw error
  } finally {
    heart.stop()
    await releaseRun(rooms.tables, run, owner).catch((error: unknown) =>
      context.emit({ type: 'warning', message: `the run could not be released: ${String(error)}` }),
    )
  }
}

function createContext(
  options: SessionOptions,
  owner: string,
  pausing: AbortController,
): { context: RunContext; close: (crew: LiveCrew) => Promise<void> } {
  const { rooms, run, migration, steps, interrupt } = options
  const pending: RunEvent[] = []
  const pause = (): void =>
    pausing.abort(
      new LockstepError('LS-4007', 'interrupted: paused after the current page', {
        hint: 'lockstep up goes on from here',
      }),
    )
  if (interrupt.aborted) pause()
  interrupt.addEventListener('abort', pause, { once: true })
  const context: RunContext = {
    ...rooms,
    run,
    migration,
    owner,
    steps,
    pausing: pausing.signal,
    pause: (reason) => pausing.abort(reason),
    emit(event) {
      pending.push(event)
      rooms.listener({ event })
    },
    async flush(change) {
      const count = pending.length
      if (count === 0 && change === undefined) return
      await rooms.tables.transaction(async (q) => {
        await appendEvents(q, run, pending.slice(0, count))
        if (change !== undefined && !(await changeRun(q, run, owner, change))) throw lostRun(context)
      })
      pending.splice(0, count)
    },
  }
  const close = async (crew: LiveCrew): Promise<void> => {
    interrupt.removeEventListener('abort', pause)
    await crew.close()
    await context.flush()
  }
  return { context, close }
}

function startHeart(context: RunContext, pausing: AbortController): { stop(): void } {
  let beating = false
  const once = async (): Promise<void> => {
    if (!(await beat(context.tables, context.run, context.owner))) pausing.abort(lostRun(context))
    const by = await pauseRequestedBy(context.tables, context.run)
    if (by !== undefined) {
      await acknowledgeRequests(context.tables, context.run)
      pausing.abort(new LockstepError('LS-4002', `paused by ${by}`, { hint: 'lockstep up goes on from here' }))
    }
    await context.flush()
  }
  const timer = setInterval(() => {
    if (beating) return
    beating = true
    once()
      .catch((error: unknown) =>
        context.listener({
          event: { type: 'warning', message: `the ledger did not answer a heartbeat: ${String(error)}` },
        }),
      )
      .finally(() => (beating = false))
  }, beatMilliseconds)
  return { stop: () => clearInterval(timer) }
}

interface LiveCrew extends Crew {
  close(): Promise<void>
}

async function startCrew(context: RunContext, way: string, reopened: ReadonlySet<string>): Promise<LiveCrew> {
  // It remembers a ring: a shard that ends while the ledger is asked must not be waited for.
  const bell = createBell()
  const worker = createShardWorker(context, () => bell.ring())
  const engine = await context.createEngine(`${context.run}-${way}`, (message) =>
    context.emit({ type: 'warning', message }),
  )
  await engine.work(context.concurrency, worker)
  const onPause = (): void => bell.ring()
  context.pausing.addEventListener('abort', onPause)
  return {
    engine,
    reopened,
    progressed: (ms) => bell.wait(ms),
    async close() {
      context.pausing.removeEventListener('abort', onPause)
      await engine.close(30_000)
    },
  }
}

/**
 * The state that an error leaves the run in: on the way there paused, where `up` goes on, or failed, where something
 * has to be mended; in the soak, on the way back or to the end it stays what it is, so that `down` or `complete` goes on.
 */
async function record(context: RunContext, way: SessionOptions['way'], error: unknown): Promise<void> {
  const code = isLockstepError(error) ? error.code : 'LS-9001'
  const reason = saidBy(error)
  if (code === 'LS-4003') return
  const paused = isLockstepError(error) && isPause(error)
  context.emit(paused ? { type: 'paused', reason } : { type: 'failed', code, reason })
  const state = way === 'forward' ? { state: paused ? ('paused' as const) : ('failed' as const) } : {}
  await context.flush({ ...state, reason }).catch((inner: unknown) => {
    context.emit({ type: 'warning', message: `the ledger could not be told of the failure: ${String(inner)}` })
  })
}

function heldBy(migration: string, by: string, seconds: number): LockstepError {
  return new LockstepError('LS-4001', `another run holds ${migration}: ${printRunner(by)}`, {
    where: { name: migration },
    hint: `wait for it to end, or, if that machine is gone, for its lease to run out in ${Math.ceil(seconds)} s`,
  })
}
