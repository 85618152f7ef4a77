import { setTimeout as delay } from 'node:timers/promises'
import { isLockstepError } from '../kernel/errors.ts'

export type Warn = (message: string) => void

/** Runs turns until the signal; a turn that throws is reported and tried again after a growing, uneven pause. */
export async function repeat(turn: () => Promise<void>, signal: AbortSignal, warn: Warn): Promise<void> {
  for (let failures = 0; !signal.aborted;) {
    try {
      await turn()
      failures = 0
    } catch (error) {
      failures += 1
      warn(`The job queue did not answer and is asked again: ${renderErrorName(error)}`)
      await pause(backoff(failures), signal)
    }
  }
}

/** Tries up to `times` times, each failure reported; gives up after the last without throwing. */
export async function attempt(act: () => Promise<void>, times: number, warn: Warn): Promise<void> {
  for (let failures = 1; failures <= times; failures += 1) {
    try {
      return await act()
    } catch (error) {
      warn(`The job queue did not take a result (attempt ${failures} of ${times}): ${renderErrorName(error)}`)
      if (failures < times) await delay(backoff(failures))
    }
  }
}

/** Resolves after `ms`, or as soon as the signal is aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}

function backoff(failures: number): number {
  return Math.min(5_000, 125 * 2 ** failures) * (0.5 + Math.random())
}

/** What an error may say in a warning: its name and code. A foreign message may quote a row or a secret. */
export function renderErrorName(error: unknown): string {
  if (isLockstepError(error)) return `${error.code} ${error.message}`
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? ` ${error.code}` : ''
  return `${error instanceof Error ? error.name : typeof error}${code}`
}

export interface Bell {
  ring(): void
  /** Resolves at the next ring, at once if it rang since the last wait, or after `ms` where given. */
  wait(ms: number | undefined): Promise<void>
}

export function createBell(): Bell {
  let rung = false
  let hear = (): void => undefined
  return {
    ring() {
      rung = true
      hear()
    },
    async wait(ms) {
      const over = new AbortController()
      const heard = new Promise<void>((resolve) => (hear = resolve))
      if (!rung) await Promise.race(ms === undefined ? [heard] : [heard, pause(ms, over.signal)])
      over.abort()
      rung = false
    },
  }
}
