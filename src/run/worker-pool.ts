import { setTimeout as delay } from 'node:timers/promises'
import { isLockstepError, LockstepError } from '../kernel/errors.ts'
import type { ShardHandler } from './engine.ts'
import type { Claim, ShardQueue } from './pg-boss-queue.ts'

export interface WorkerPool {
  /** There may be work: look now instead of at the next poll. */
  wake(): void
  /** Aborts the signal of every running handler. */
  abort(reason: LockstepError): void
  close(drainMs: number): Promise<void>
}

export interface PoolOptions {
  readonly queue: ShardQueue
  readonly concurrency: number
  readonly handler: ShardHandler
  readonly leaseSeconds: number
  readonly onWarning: (message: string) => void
}

interface Running {
  readonly claim: Claim
  readonly abort: AbortController
  readonly ended: Promise<void>
  /** When the queue last confirmed the claim; monotonic milliseconds. */
  confirmed: number
}

const pollMs = 500
const graceMs = 5_000

/**
 * Takes shards from the queue as slots fall free and runs the handler on each: at once when woken or when a handler
 * ended, else every half second. Beats a third of the lease apart; a claim that is not confirmed for a whole lease, or
 * that another worker has, gets its signal aborted.
 */
export function createWorkerPool(options: PoolOptions): WorkerPool {
  const { queue, concurrency, onWarning } = options
  const running = new Set<Running>()
  const bell = createBell()
  const stop = new AbortController()
  const start = (claim: Claim): void => {
    const abort = new AbortController()
    const ended = Promise.resolve().then(() => runClaim(options, claim, { abort: abort.signal, closing: stop.signal }))
    const one: Running = { claim, abort, ended, confirmed: performance.now() }
    running.add(one)
    void ended.finally(() => {
      running.delete(one)
      bell.ring()
    })
  }
  const takeTurn = async (): Promise<void> => {
    const free = concurrency - running.size
    const claims = free > 0 && !stop.signal.aborted ? await queue.take(free) : []
    claims.forEach(start)
    // A full house needs no poll: the next free slot rings.
    await bell.wait(running.size < concurrency ? pollMs * (0.8 + Math.random() * 0.4) : undefined)
  }
  const beatTurn = async (): Promise<void> => {
    try {
      await beat(queue, running)
      await queue.takeOver()
    } finally {
      abortUnconfirmed(running, options.leaseSeconds * 1_000)
    }
    await delay((options.leaseSeconds * 1_000) / 3, undefined, { signal: beating.signal }).catch(ignoreAbort)
  }
  const beating = new AbortController()
  const taking = repeat(takeTurn, stop.signal, onWarning)
  const beats = repeat(beatTurn, beating.signal, onWarning)
  return {
    wake: () => bell.ring(),
    abort: (reason) => running.forEach((one) => one.abort.abort(reason)),
    async close(drainMs) {
      stop.abort()
      bell.ring()
      await taking
      await drain(options, running, drainMs)
      beating.abort()
      await beats
    },
  }
}

async function runClaim(
  { queue, handler, onWarning }: PoolOptions,
  claim: Claim,
  signals: { readonly abort: AbortSignal; readonly closing: AbortSignal },
): Promise<void> {
  let settle = (): Promise<void> => queue.done(claim)
  try {
    await handler(claim.shard, signals.abort)
  } catch (error) {
    const interrupted = signals.closing.aborted && signals.abort.aborted
    if (!interrupted) onWarning(`Shard ${claim.shard} did not end well and is tried again: ${nameError(error)}`)
    settle = () => (interrupted ? queue.release(claim) : queue.failed(claim))
  }
  // Given up in the end without harm: the heartbeat stops with this claim, so the shard is handed out again, and the
  // ledger knows whether it was done.
  await attempt(settle, 6, onWarning)
}

async function beat(queue: ShardQueue, running: ReadonlySet<Running>): Promise<void> {
  const beaten = [...running]
  const asked = performance.now()
  const ours = await queue.beat(beaten.map((one) => one.claim))
  for (const one of beaten) {
    if (ours.has(one.claim.id)) one.confirmed = asked
    else one.abort.abort(new LockstepError('LS-4003', `shard ${one.claim.shard} was taken over by another worker`))
  }
}

function abortUnconfirmed(running: ReadonlySet<Running>, leaseMs: number): void {
  for (const one of running) {
    if (performance.now() - one.confirmed < leaseMs) continue
    one.abort.abort(new LockstepError('LS-4003', `no heartbeat of shard ${one.claim.shard} reached the queue for a lease`))
  }
}

async function drain(options: PoolOptions, running: ReadonlySet<Running>, drainMs: number): Promise<void> {
  await allEnded(running, drainMs)
  for (const one of running) one.abort.abort(new LockstepError('LS-4007', `shard ${one.claim.shard} is interrupted`))
  await allEnded(running, graceMs)
  for (const one of running) {
    options.onWarning(`Shard ${one.claim.shard} did not stop when asked to; it is handed to other workers.`)
    await attempt(() => options.queue.release(one.claim), 2, options.onWarning)
  }
}

async function allEnded(running: ReadonlySet<Running>, ms: number): Promise<void> {
  const timer = new AbortController()
  const ended = Promise.allSettled([...running].map((one) => one.ended))
  await Promise.race([ended, delay(ms, undefined, { signal: timer.signal }).catch(ignoreAbort)])
  timer.abort()
}

/** Runs turns until the signal; a turn that throws is reported and tried again after a growing, uneven pause. */
async function repeat(turn: () => Promise<void>, signal: AbortSignal, warn: (message: string) => void): Promise<void> {
  for (let failures = 0; !signal.aborted; ) {
    try {
      await turn()
      failures = 0
    } catch (error) {
      failures += 1
      warn(`The job queue did not answer and is asked again: ${nameError(error)}`)
      await delay(backoff(failures), undefined, { signal }).catch(ignoreAbort)
    }
  }
}

async function attempt(act: () => Promise<void>, times: number, warn: (message: string) => void): Promise<void> {
  for (let failures = 1; failures <= times; failures += 1) {
    try {
      return await act()
    } catch (error) {
      warn(`The job queue did not take a result (attempt ${failures} of ${times}): ${nameError(error)}`)
      if (failures < times) await delay(backoff(failures))
    }
  }
}

function backoff(failures: number): number {
  return Math.min(5_000, 125 * 2 ** failures) * (0.5 + Math.random())
}

/** Only what cannot quote a row or a secret: a foreign error's message may, its name and code may not. */
function nameError(error: unknown): string {
  if (isLockstepError(error)) return `${error.code} ${error.message}`
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? ` ${error.code}` : ''
  return `${error instanceof Error ? error.name : typeof error}${code}`
}

function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error && error.name === 'AbortError')) throw error
}

interface Bell {
  ring(): void
  /** Resolves at the next ring, or at once after one nobody heard, or after `ms`. */
  wait(ms: number | undefined): Promise<void>
}

function createBell(): Bell {
  let rung = false
  let hear: (() => void) | undefined
  return {
    ring() {
      rung = true
      hear?.()
    },
    async wait(ms) {
      const timer = new AbortController()
      const heard = new Promise<void>((resolve) => (hear = resolve))
      const late = ms === undefined ? [] : [delay(ms, undefined, { signal: timer.signal }).catch(ignoreAbort)]
      if (!rung) await Promise.race([heard, ...late])
      timer.abort()
      rung = false
      hear = undefined
    },
  }
}
