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
 * Follows the phases of all migrations. While the listener says nothing, because it failed or because the store has
 * none (SDKs may try again for ever without a word), the document is read after waits of half a second to ten seconds.
 */
export function watchPhases(source: PhaseSource, { onError = () => undefined }: WatchOptions = {}): Phases {
  let known: { readonly fields: Data | undefined } | undefined
  let answered: () => void = () => undefined
  const ready = new Promise<void>((resolve) => {
    answered = resolve
  })
  const following = follow(source, {
    learn(fields) {
      known = { fields }
      answered()
    },
    onError,
  })
  return {
    ready,
    phaseOf(migration) {
      if (known === undefined) return 'unknown'
      const { fields } = known
      return parsePhase(fields !== undefined && Object.hasOwn(fields, migration) ? fields[migration] : undefined)
    },
    close: following.close,
  }
}

interface Follower {
  readonly learn: (fields: Data | undefined) => void
  readonly onError: (error: unknown) => void
}

function follow(source: PhaseSource, { learn, onError }: Follower): { readonly close: () => void } {
  let state: 'broken' | 'silent' | 'heard' | 'closed' = 'broken'
  let stop: () => void = () => undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let wait = firstWait
  const isQuiet = (): boolean => state === 'broken' || state === 'silent'
  const listen = (): void => {
    state = 'silent'
    stop = source.listen(hear, fail)
  }
  const hear = (fields: Data | undefined): void => {
    if (state === 'closed') return
    state = 'heard'
    wait = firstWait
    clearTimeout(timer)
    learn(fields)
  }
  const fail = (problem: unknown): void => {
    if (state === 'closed') return
    state = 'broken'
    onError(problem)
    schedule()
  }
  const schedule = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => void look(), wait)
    wait = Math.min(wait * 2, longestWait)
  }
  const look = async (): Promise<void> => {
    if (state === 'broken') listen()
    schedule()
    try {
      const fields = await source.get()
      // A listener that has spoken meanwhile knows better.
      if (isQuiet()) learn(fields)
    } catch (error) {
      if (state !== 'closed') onError(error)
    }
  }
  listen()
  if (isQuiet()) schedule()
  return {
    close() {
      state = 'closed'
      clearTimeout(timer)
      stop()
    },
  }
}
