import type { Engine } from './engine.ts'

export interface IdleClockOptions {
  readonly engine: Engine
  /** Milliseconds. */
  readonly limit: number
  /** What is held, if anything. */
  readonly held: () => string | undefined
  /** Called once the limit has passed and somebody waits. */
  readonly expired: (held: string) => void
}

/** Measures how long a client holds the session without using it; waiting alone makes it matter. */
export interface IdleClock {
  /** The client has its answer. */
  start(): void
  /** The client is at work again, or gone. */
  stop(): void
  /** Never to run again. */
  dispose(): void
}

export function createIdleClock({ engine, limit, held, expired }: IdleClockOptions): IdleClock {
  let since: number | undefined
  let timer: NodeJS.Timeout | undefined
  const check = (): void => {
    const what = held()
    if (since === undefined || what === undefined || engine.waiting() === 0) return
    clearTimeout(timer)
    const left = since + limit - Date.now()
    if (left > 0) timer = setTimeout(check, left)
    else expired(what)
  }
  const stop = (): void => {
    since = undefined
    clearTimeout(timer)
  }
  const unwatch = engine.onWait(check)
  return {
    start() {
      since = Date.now()
      check()
    },
    stop,
    dispose() {
      stop()
      unwatch()
    },
  }
}
