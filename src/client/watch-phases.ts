import type { Data } from './data.ts'
import type { PhaseSource } from './phase-source.ts'
import { parsePhase } from './phases.ts'
import type { Phases } from './phases.ts'

export interface WatchOptions {
  /** Told of every failure to listen or to read. The phases known last stay, and it is tried again. */
  readonly onError?: (error: unknown) => void
}

const firstWait = 500
const longestWait = 10_000

/**
 * Follows the phases of all migrations. A source that cannot listen is read again after waits of half a second to ten
 * seconds, so that a store without listeners is polled.
 */
export function watchPhases(source: PhaseSource, { onError = () => undefined }: WatchOptions = {}): Phases {
  let fields: Data | undefined
  let known = false
  let closed = false
  let stop: () => void = () => undefined
  let wait = firstWait
  let answered: () => void = () => undefined
  const ready = new Promise<void>((resolve) => {
    answered = resolve
  })
  const learn = (found: Data | undefined): void => {
    if (closed) return
    fields = found
    known = true
    answered()
  }
  const listen = (): void => {
    if (closed) return
    const heard = (found: Data | undefined): void => {
      wait = firstWait
      learn(found)
    }
    stop = source.listen(heard, fail)
  }
  const fail = (problem: unknown): void => {
    if (closed) return
    onError(problem)
    source.get().then(learn, onError)
    const timer = setTimeout(listen, wait)
    stop = () => clearTimeout(timer)
    wait = Math.min(wait * 2, longestWait)
  }
  listen()
  return {
    ready,
    phaseOf(migration) {
      if (!known) return 'unknown'
      return parsePhase(fields !== undefined && Object.hasOwn(fields, migration) ? fields[migration] : undefined)
    },
    close() {
      closed = true
      stop()
    },
  }
}
