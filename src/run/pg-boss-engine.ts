import { LockstepError } from '../kernel/errors.ts'
import type { TableWriter } from '../stores/tables.ts'
import type { Engine } from './engine.ts'
import { createShardQueue } from './pg-boss-queue.ts'
import { createWorkerPool } from './worker-pool.ts'
import type { WorkerPool } from './worker-pool.ts'

export interface EngineOptions {
  /** The only connection; the engine never closes it. */
  readonly tables: TableWriter
  /** Letters, digits, `_ - . /`: one queue a run. */
  readonly queue: string
  /** The schema of pg-boss's own tables, created with the first shard. Default `lockstep_engine`. */
  readonly schema?: string
  /**
   * Seconds without a heartbeat after which a shard is handed out again. Default 15, at least 10 (pg-boss's minimum).
   * The same in all processes of a run.
   */
  readonly leaseSeconds?: number
  /** Told of what was retried: a lost connection, a handler that rejected. Never contains rows or secrets. */
  readonly onWarning?: (message: string) => void
}

/** A job engine on the user's own database; several processes may share a queue on Postgres, one only on PGlite. */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  if (!/^[\w.\-/]+$/.test(options.queue)) {
    throw new LockstepError('LS-1007', `${options.queue} cannot name a queue`, {
      hint: 'Use letters, digits and _ - . /',
    })
  }
  const leaseSeconds = Math.max(10, Math.ceil(options.leaseSeconds ?? 15))
  const onWarning = options.onWarning ?? ((message: string) => process.emitWarning(message, 'LockstepEngineWarning'))
  const schema = options.schema ?? 'lockstep_engine'
  const queue = createShardQueue({ tables: options.tables, queue: options.queue, schema, leaseSeconds, onWarning })
  let pool: WorkerPool | undefined
  let closed = false
  const check = (): void => {
    if (closed) throw new LockstepError('LS-9001', `the job engine of ${options.queue} is closed`)
  }
  const thenWake = async (change: Promise<void>): Promise<void> => {
    await change
    pool?.wake()
  }
  return {
    async enqueue(shards) {
      check()
      await thenWake(queue.put(shards))
    },
    async work(concurrency, handler) {
      check()
      if (pool !== undefined) throw new LockstepError('LS-9001', `workers of ${options.queue} were started before`)
      pool = createWorkerPool({ queue, concurrency, handler, leaseSeconds, onWarning })
    },
    async recover(shards) {
      check()
      await thenWake(queue.handOut(shards))
    },
    async cancel() {
      await queue.empty()
      pool?.abort(new LockstepError('LS-4002', `the queue ${options.queue} was cancelled`))
    },
    stats: () => queue.count(),
    clear: () => queue.forgetFinished(),
    async close(drainMs) {
      if (closed) return
      closed = true
      await pool?.close(drainMs)
      await queue.close()
    },
  }
}
