import type { Engine, ShardHandler } from '../../src/run/engine.ts'

/** Runs shards at once in this process: the laws are about the executor, the real engine has a contract of its own. */
export function createDirectEngine(): Promise<Engine> {
  const queued = new Set<string>()
  const active = new Map<string, Promise<void>>()
  const closing = new AbortController()
  let free = 0
  let handler: ShardHandler = () => Promise.resolve()
  const pump = (): void => {
    for (const shard of queued) {
      if (free === 0 || closing.signal.aborted) return
      queued.delete(shard)
      free--
      const again = (): void => void setTimeout(() => enqueue([shard]), 5)
      const done = handler(shard, closing.signal)
        .catch(again)
        .finally(() => {
          active.delete(shard)
          free++
          pump()
        })
      active.set(shard, done)
    }
  }
  const enqueue = (shards: readonly string[]): void => {
    for (const shard of shards) if (!active.has(shard)) queued.add(shard)
    pump()
  }
  return Promise.resolve({
    enqueue: async (shards) => enqueue(shards),
    async work(concurrency, work) {
      free = concurrency
      handler = work
    },
    recover: async (shards) => enqueue(shards),
    cancel: async () => queued.clear(),
    stats: async () => ({ queued: queued.size, active: active.size }),
    clear: async () => undefined,
    async close() {
      queued.clear()
      closing.abort()
      await Promise.all(active.values())
    },
  })
}
