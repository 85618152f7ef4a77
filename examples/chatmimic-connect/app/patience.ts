import { sqlState } from '../../../src/stores/tables.ts'

/** Repeats what failed for a reason that passes, as an app does while a database restarts. */
export interface Patience {
  /** Ends with the result, with the first error that does not pass, or with the last one when patience is over. */
  run<T>(attempt: () => Promise<T>): Promise<T>
  retries(): number
}

/** Each call of `run` keeps trying for `milliseconds`. */
export function createPatience(milliseconds: number): Patience {
  let retries = 0
  return {
    run: async (attempt) => {
      const end = Date.now() + milliseconds
      for (let pause = 25; ; pause = Math.min(1_000, pause * 2)) {
        try {
          return await attempt()
        } catch (error) {
          if (!isPassing(error) || Date.now() + pause > end) throw error
          retries++
        }
        await new Promise((resolve) => setTimeout(resolve, pause))
      }
    },
    retries: () => retries,
  }
}

/** CANCELLED, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, INTERNAL (a reset stream), UNAVAILABLE. */
const passingStatus = new Set([1, 4, 8, 10, 13, 14])
/** Serialization failure, deadlock, lock not available, too many connections, shutdown, crash, starting up. */
const passingState = new Set(['40001', '40P01', '55P03', '53300', '57P01', '57P02', '57P03'])
const passingSocket = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOENT'])
const passingText = /connection (terminated|error|ended)|not queryable|timeout exceeded when trying to connect/i

/** Contention, and databases or connections that went away: the same request may succeed a moment later. */
export function isPassing(error: unknown): boolean {
  const code = errorCode(error)
  const state = sqlState(error)
  if (typeof code === 'number') return passingStatus.has(code)
  if (typeof code === 'string' && passingSocket.has(code)) return true
  if (state !== undefined) return passingState.has(state) || state.startsWith('08')
  return error instanceof Error && passingText.test(error.message)
}

/** The gRPC status, SQLSTATE or system code of an error. */
export function errorCode(error: unknown): number | string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'number' || typeof code === 'string' ? code : undefined
}
