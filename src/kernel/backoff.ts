import type { Clock } from './clock.ts'

export interface Backoff {
  /** Milliseconds before the first repeat. */
  readonly first: number
  /** Milliseconds no pause is longer than. */
  readonly longest: number
  /** Repeats after the first try. */
  readonly repeats: number
}

/** The pause before repeat `n` (0-based): doubling, cut at `longest`, with full jitter in its upper half. */
export function backoffDelay(backoff: Backoff, n: number, random: () => number = Math.random): number {
  const ceiling = Math.min(backoff.longest, backoff.first * 2 ** n)
  return ceiling / 2 + random() * (ceiling / 2)
}

export interface RetryOptions extends Backoff {
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
  /** Whether this error may go away by itself. */
  readonly worthwhile: (error: unknown) => boolean
  readonly onRepeat?: (error: unknown, delay: number) => void
}

/** Runs `work` until it resolves, its error is not worthwhile, the repeats are used up or the signal aborts. */
export async function retry<T>(options: RetryOptions, work: () => Promise<T>): Promise<T> {
  for (let n = 0; ; n++) {
    try {
      return await work()
    } catch (error) {
      if (n >= options.repeats || options.signal?.aborted || !options.worthwhile(error)) throw error
      const delay = backoffDelay(options, n)
      options.onRepeat?.(error, delay)
      await options.clock.sleep(delay, options.signal)
    }
  }
}
