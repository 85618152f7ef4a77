import { createHash } from 'node:crypto'
import type { PgBoss } from 'pg-boss'
import { LockstepError } from '../kernel/errors.ts'
import { sqlState } from '../stores/tables.ts'
import type { TableWriter } from '../stores/tables.ts'
import type { EngineStats } from './engine.ts'
import { createBossDatabase } from './pg-boss-database.ts'
import { renderErrorName } from './retry.ts'
import type { Warn } from './retry.ts'

/** One attempt at a shard: settling it has no effect once the shard was handed to somebody else. */
export interface Claim {
  readonly id: string
  readonly shard: string
  readonly retryCount: number
}

/** A queue of shards in pg-boss tables. The tables are created by the first `put`; until then it is empty. */
export interface ShardQueue {
  put(shards: readonly string[]): Promise<void>
  take(limit: number): Promise<readonly Claim[]>
  /** The ids of those claims that are still ours. */
  beat(claims: readonly Claim[]): Promise<ReadonlySet<string>>
  /** Claims nobody has beaten for a lease wait for a worker again. */
  takeOver(): Promise<void>
  done(claim: Claim): Promise<void>
  /** Tried again after a delay that doubles from 1 to 30 seconds. */
  failed(claim: Claim): Promise<void>
  /** Given back untried: anyone may take it at once. */
  release(claim: Claim): Promise<void>
  handOut(shards: readonly string[]): Promise<void>
  empty(): Promise<void>
  forgetFinished(): Promise<void>
  count(): Promise<EngineStats>
  close(): Promise<void>
}

export interface QueueOptions {
  readonly tables: TableWriter
  readonly queue: string
  readonly schema: string
  readonly leaseSeconds: number
  readonly onWarning: Warn
}

const day = 86_400
const chunkSize = 1_000

/** A ShardQueue on pg-boss; all its SQL goes through `tables`, which stays open when it is closed. */
export function createShardQueue(options: QueueOptions): ShardQueue {
  const { queue } = options
  const boss = createLazyBoss(options)
  const handOutIds = async (to: PgBoss, ids: string[]): Promise<void> => {
    // Not restore(): the next claim would carry the same attempt number, and the old owner could settle it.
    await to.cancel(queue, ids)
    await to.resume(queue, ids)
  }
  return {
    async put(shards) {
      if (shards.length === 0) return
      const to = await boss.open()
      await to.deleteStoredJobs(queue)
      await insert(to, queue, shards)
    },
    async take(limit) {
      const jobs = await (await boss.find())?.fetch<{ shard: string }>(queue, { batchSize: limit })
      return (jobs ?? []).map((job) => ({ id: job.id, shard: job.data.shard, retryCount: job.retryCount }))
    },
    beat: async (claims) => (claims.length === 0 ? new Set() : touch(await boss.open(), queue, claims)),
    takeOver: async () => (await boss.find())?.supervise(queue),
    // Deleted, not completed: the ledger remembers what was done, and the shard can be queued again by the next phase.
    done: async (claim) => void (await (await boss.open()).deleteJob(queue, claim)),
    failed: async (claim) => void (await (await boss.open()).fail(queue, claim)),
    async release(claim) {
      const to = await boss.open()
      if (affected(await to.cancel(queue, claim)) > 0) await to.resume(queue, claim.id)
    },
    async handOut(shards) {
      if (shards.length === 0) return
      const to = await boss.open()
      for (const part of chunks(shards))
        await handOutIds(
          to,
          part.map((shard) => jobId(queue, shard)),
        )
      await insert(to, queue, shards)
    },
    empty: async () => (await boss.find())?.deleteAllJobs(queue),
    forgetFinished: async () => (await boss.find())?.deleteStoredJobs(queue),
    count: async () => ((await boss.find()) === undefined ? { queued: 0, active: 0 } : await countJobs(options)),
    close: () => boss.close(),
  }
}

async function touch(boss: PgBoss, queue: string, claims: readonly Claim[]): Promise<ReadonlySet<string>> {
  const ids = claims.map((claim) => claim.id)
  if (affected(await boss.touch(queue, [...claims])) === claims.length) return new Set(ids)
  // The count alone does not say which were lost.
  const ours = await Promise.all(claims.map(async (claim) => affected(await boss.touch(queue, claim)) > 0))
  return new Set(ids.filter((_, index) => ours[index]))
}

/** How many jobs a verb of pg-boss changed; it answers with the count, its types do not say so. */
function affected(answer: object): number {
  if ('affected' in answer && typeof answer.affected === 'number') return answer.affected
  throw new LockstepError('LS-9001', 'pg-boss did not say how many jobs it changed')
}

/** The primary key of a shard's job: what makes queuing it twice impossible. */
function jobId(queue: string, shard: string): string {
  const hex = createHash('sha256').update(`${queue}\0${shard}`).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}

async function insert(boss: PgBoss, queue: string, shards: readonly string[]): Promise<void> {
  const distinct = [...new Set(shards)]
  for (const part of chunks(distinct)) {
    await boss.insert(
      queue,
      part.map((shard) => ({ id: jobId(queue, shard), data: { shard } })),
    )
  }
}

function* chunks(shards: readonly string[]): Generator<readonly string[]> {
  for (let start = 0; start < shards.length; start += chunkSize) yield shards.slice(start, start + chunkSize)
}

async function countJobs({ tables, schema, queue }: QueueOptions): Promise<EngineStats> {
  const [row] = await tables.read((q) =>
    q.query<EngineStats>(
      `SELECT count(*) FILTER (WHERE state < 'active')::int AS queued, count(*) FILTER (WHERE state = 'active')::int AS active
       FROM ${schema}.job WHERE name = $1`,
      [queue],
    ),
  )
  return row ?? { queued: 0, active: 0 }
}

interface LazyBoss {
  open(): Promise<PgBoss>
  /** Undefined as long as no process has created the tables. */
  find(): Promise<PgBoss | undefined>
  close(): Promise<void>
}

function createLazyBoss(options: QueueOptions): LazyBoss {
  let opening: Promise<PgBoss> | undefined
  const open = (): Promise<PgBoss> => {
    opening ??= startBoss(options).catch((error: unknown) => {
      opening = undefined
      throw error
    })
    return opening
  }
  return {
    open,
    find: async () => (opening !== undefined || (await hasTables(options)) ? open() : undefined),
    async close() {
      // A start that fails tells whoever asked for it; here it only means that there is nothing to stop.
      const boss = await opening?.catch(() => undefined)
      await boss?.stop({ graceful: false })
      opening = undefined
    },
  }
}

async function hasTables({ tables, schema }: QueueOptions): Promise<boolean> {
  const [row] = await tables.read((q) =>
    q.query<{ found: string | null }>('SELECT to_regclass($1)::text AS found', [`${schema}.queue`]),
  )
  return typeof row?.found === 'string'
}

async function startBoss({ tables, queue, schema, leaseSeconds, onWarning }: QueueOptions): Promise<PgBoss> {
  // Loaded with the first shard: most commands work on none.
  const { PgBoss: Boss } = await import('pg-boss')
  const boss = new Boss({
    db: createBossDatabase(tables),
    schema,
    // No timers of its own: takeOver() is its supervision, and REINDEX has no place in a migration.
    supervise: false,
    schedule: false,
    reindex: false,
    monitorIntervalSeconds: Math.max(1, Math.floor(leaseSeconds / 3)),
  })
  boss.on('error', (error) => onWarning(`The job engine reports: ${renderErrorName(error)}`))
  boss.on('warning', (warning) => onWarning(`The job engine warns: ${warning.message}`))
  await startTogether(boss)
  await boss.createQueue(queue, {
    retryLimit: 1_000_000,
    retryDelay: 1,
    retryBackoff: true,
    retryDelayMax: 30,
    heartbeatSeconds: leaseSeconds,
    expireInSeconds: day,
    retentionSeconds: 365 * day,
  })
  return boss
}

/** Two processes may create the tables at the same moment. pg-boss waits its turn; what then failed finds them made. */
async function startTogether(boss: PgBoss): Promise<void> {
  try {
    await boss.start()
  } catch (error) {
    // A session that looked for the schema before it existed may still believe so when the turn comes to it.
    if (sqlState(error) !== '23505') throw error
    await boss.start()
  }
}
