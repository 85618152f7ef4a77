import { LockstepError } from '../kernel/errors.ts'
import type { ShardHandler } from './engine.ts'
import type { Claim, ShardQueue } from './pg-boss-queue.ts'
import { attempt, createBell, pause, renderErrorName, repeat } from './retry.ts'
import type { Warn } from './retry.ts'

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
  readonly onWarning: Warn
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
  const leaseMs = options.leaseSeconds * 1_000
  const bell = createBell()
  const stop = new AbortController()
  const beating = new AbortController()
  const start = (claim: Claim): void => {
    const abort = new AbortController()
    const ended = runClaim(options, claim, abort.signal)
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
    for (const claim of claims) start(claim)
    // A full house needs no poll: the next free slot rings.
    await bell.wait(running.size < concurrency ? pollMs * (0.8 + Math.random() * 0.4) : undefined)
  }
  const beatTurn = async (): Promise<void> => {
    await beat(queue, running)
    await queue.takeOver()
    await pause(leaseMs / 3, beating.signal)
  }
  // Apart from the heartbeat, which may hang in a connection that neither answers nor breaks.
  const watchTurn = async (): Promise<void> => {
    abortUnconfirmed(running, leaseMs)
    await pause(leaseMs / 10, beating.signal)
  }
  const taking = repeat(takeTurn, stop.signal, onWarning)
  const beats = [beatTurn, watchTurn].map((turn) => repeat(turn, beating.signal, onWarning))
  return {
    wake: () => bell.ring(),
    abort: (reason) => abortAll(running, reason),
    async close(drainMs) {
      stop.abort()
      bell.ring()
      await settledWithin([taking], graceMs)
      await drain(options, running, drainMs)
      beating.abort()
      await settledWithin(beats, graceMs)
    },
  }
}

async function runClaim({ queue, handler, onWarning }: PoolOptions, claim: Claim, signal: AbortSignal): Promise<void> {
  let settle = (): Promise<void> => queue.done(claim)
  try {
    await handler(claim.shard, signal)
  } catch (error) {
    if (!signal.aborted) onWarning(`Shard ${claim.shard} failed and is tried again: ${renderErrorName(error)}`)
    settle = () => (signal.aborted ? queue.release(claim) : queue.failed(claim))
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
    one.abort.abort(
      new LockstepError('LS-4003', `no heartbeat of shard ${one.claim.shard} reached the queue for a lease`),
    )
  }
}

function abortAll(running: ReadonlySet<Running>, reason: LockstepError): void {
  for (const one of running) one.abort.abort(reason)
}

async function drain(options: PoolOptions, running: ReadonlySet<Running>, drainMs: number): Promise<void> {
  const ended = [...running].map((one) => one.ended)
  await settledWithin(ended, drainMs)
  for (const one of running) one.abort.abort(new LockstepError('LS-4007', `shard ${one.claim.shard} is interrupted`))
  await settledWithin(ended, graceMs)
  for (const one of running) {
    options.onWarning(`Shard ${one.claim.shard} did not stop when asked to; it is handed to other workers.`)
    await attempt(() => options.queue.release(one.claim), 2, options.onWarning)
  }
}

async function settledWithin(work: readonly Promise<void>[], ms: number): Promise<void> {
  const over = new AbortController()
  await Promise.race([Promise.allSettled(work), pause(ms, over.signal)])
  over.abort()
}
