import { expect, test } from 'vitest'
import type { Claim, ShardQueue } from './pg-boss-queue.ts'
import { createWorkerPool } from './worker-pool.ts'

interface Fake extends ShardQueue {
  readonly calls: string[]
  waiting: Claim[]
}

/** A queue in memory whose answers a test can replace. */
function createFakeQueue(shards: readonly string[]): Fake {
  const calls: string[] = []
  const note = (verb: string) => async (claim: Claim) => void calls.push(`${verb} ${claim.shard}`)
  const nothing = async (): Promise<void> => undefined
  const fake: Fake = {
    calls,
    waiting: shards.map((shard) => ({ id: shard, shard, retryCount: 0 })),
    take: async (limit) => fake.waiting.splice(0, limit),
    beat: async (claims) => new Set(claims.map((claim) => claim.id)),
    done: note('done'),
    failed: note('failed'),
    release: note('release'),
    put: nothing,
    takeOver: nothing,
    handOut: nothing,
    empty: nothing,
    forgetFinished: nothing,
    count: async () => ({ queued: 0, active: 0 }),
    close: nothing,
  }
  return fake
}

function start(queue: ShardQueue, handler: (shard: string, signal: AbortSignal) => Promise<void>) {
  const warnings: string[] = []
  const pool = createWorkerPool({
    queue,
    concurrency: 1,
    handler,
    leaseSeconds: 0.3,
    onWarning: (text) => warnings.push(text),
  })
  return { pool, warnings }
}

function untilAborted(_: string, signal: AbortSignal): Promise<void> {
  return new Promise((__, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
}

test('a claim that somebody else has gets its signal aborted and is given back without a warning', async () => {
  const queue = createFakeQueue(['a'])
  queue.beat = async () => new Set()
  const { pool, warnings } = start(queue, untilAborted)
  await expect.poll(() => queue.calls).toEqual(['release a'])
  await pool.close(0)
  expect(warnings).toEqual([])
})

test('a heartbeat that neither answers nor fails stops the handlers after a lease', async () => {
  const queue = createFakeQueue(['a'])
  queue.beat = (claims) => (claims.length === 0 ? Promise.resolve(new Set()) : new Promise(() => undefined))
  const reasons: unknown[] = []
  const { pool } = start(queue, (shard, signal) => {
    signal.addEventListener('abort', () => reasons.push(signal.reason))
    return untilAborted(shard, signal)
  })
  await expect.poll(() => reasons).toMatchObject([{ code: 'LS-4003' }])
  queue.beat = async () => new Set()
  await pool.close(0)
})

test('a queue that fails is asked again, and each failure is reported by name and code only', async () => {
  const queue = createFakeQueue([])
  let failures = 0
  queue.take = async () => {
    if (failures++ < 2) throw Object.assign(new Error('password of ada'), { code: 'ECONNRESET' })
    return failures === 3 ? [{ id: 'a', shard: 'a', retryCount: 0 }] : []
  }
  const { pool, warnings } = start(queue, async () => undefined)
  await expect.poll(() => queue.calls, { timeout: 5_000 }).toEqual(['done a'])
  await pool.close(0)
  expect(warnings).toEqual(Array(2).fill('The job queue did not answer and is asked again: Error ECONNRESET'))
})

test('a result the queue does not take is offered again', async () => {
  const queue = createFakeQueue(['a'])
  let offers = 0
  queue.done = async () => {
    if (offers++ === 0) throw new Error('down')
  }
  const { pool, warnings } = start(queue, async () => undefined)
  await expect.poll(() => offers, { timeout: 5_000 }).toBe(2)
  await pool.close(0)
  expect(warnings).toEqual([expect.stringContaining('attempt 1 of 6')])
})
