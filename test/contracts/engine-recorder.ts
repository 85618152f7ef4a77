import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'vitest'

/** Handlers that write down what happened to them. */
export interface Recorder {
  readonly starts: string[]
  readonly ends: string[]
  readonly aborts: unknown[]
  /** The largest number of handlers that ran at the same time. */
  readonly most: number
  readonly passing: (shard: string) => Promise<void>
  /** Does not end before `letGo`. */
  readonly holding: (shard: string) => Promise<void>
  readonly untilAborted: (shard: string, signal: AbortSignal) => Promise<void>
  letGo(): void
}

export function createRecorder(): Recorder {
  const [starts, ends, aborts] = [[], [], []] as [string[], string[], unknown[]]
  let open = (): void => undefined
  const gate = new Promise<void>((resolve) => (open = resolve))
  let now = 0
  let most = 0
  const record = async (shard: string, work: Promise<unknown>): Promise<void> => {
    starts.push(shard)
    most = Math.max(most, ++now)
    await work.finally(() => now--)
    ends.push(shard)
  }
  return {
    starts,
    ends,
    aborts,
    get most() {
      return most
    },
    passing: (shard) => record(shard, delay(5)),
    holding: (shard) => record(shard, gate),
    untilAborted: (shard, signal) =>
      record(shard, new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))).catch(
        (error: unknown) => {
          aborts.push(error)
          throw error
        },
      ),
    letGo: () => open(),
  }
}

/** Waits for a condition, for at most half a minute. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  await expect.poll(condition, { timeout: 30_000, interval: 25 }).toBe(true)
}
