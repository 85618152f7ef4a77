import { backoffDelay } from '../../kernel/backoff.ts'
import { systemClock } from '../../kernel/clock.ts'
import { isRetryableRead, statusOf } from './failures.ts'

/** How often a read is repeated that got nothing; about half a minute with the pauses between. */
const attemptsWithoutProgress = 8

/** Counts failures in a row and waits between them; `progress` starts the count anew. */
export interface Patience {
  progress(): void
  /** Resolves after a jittered pause; rethrows the error when it is not worth repeating or patience has run out. */
  wait(error: unknown, signal: AbortSignal | undefined): Promise<void>
}

/** Patience for one read. `pause` is the first pause in milliseconds; each next one is twice as long, at most 10 s. */
export function createPatience(pause = 100): Patience {
  let failures = 0
  return {
    progress: () => {
      failures = 0
    },
    wait: async (error, signal) => {
      signal?.throwIfAborted()
      const { code } = statusOf(error)
      failures++
      if (!isRetryableRead(code) || failures >= attemptsWithoutProgress) throw error
      const first = code === 8 ? pause * 10 : pause
      await systemClock.sleep(
        backoffDelay({ first, longest: 10_000, repeats: attemptsWithoutProgress }, failures - 1),
        signal,
      )
      signal?.throwIfAborted()
    },
  }
}

/** Repeats a read that has no parts to take up again. */
export async function retryRead<T>(read: () => Promise<T>): Promise<T> {
  const patience = createPatience()
  for (;;) {
    try {
      return await read()
    } catch (error) {
      await patience.wait(error, undefined)
    }
  }
}
