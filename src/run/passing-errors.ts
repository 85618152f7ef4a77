import { isLockstepError } from '../kernel/errors.ts'
import { sqlState } from '../stores/tables.ts'

/** SQLSTATE classes and codes that say nothing about the statement: connection, shutdown, overload, serialisation. */
const passingStates = /^(08...|57P0[123]|53[123]00|40001|40P01|55P03|25P03)$/

const socketErrors = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
])

/** gRPC: DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, INTERNAL, UNAVAILABLE. */
const grpcStates = new Set([4, 8, 10, 13, 14])

/** True for errors that go away by themselves, so that trying again is worthwhile and safe. */
export function isPassing(error: unknown): boolean {
  if (isLockstepError(error)) return error.code === 'LS-3001' || error.code === 'LS-3002'
  const state = sqlState(error)
  if (state !== undefined) return passingStates.test(state) || (state === 'XX000' && isOvertaken(error))
  if (!(error instanceof Error)) return false
  if ('code' in error && typeof error.code === 'number') return grpcStates.has(error.code)
  if ('code' in error && typeof error.code === 'string') return socketErrors.has(error.code)
  return /connection terminated|connection ended|timeout expired|client has encountered a connection error/i.test(
    error.message,
  )
}

/** A function of the catalog met what somebody has just dropped. */
function isOvertaken(error: unknown): boolean {
  return error instanceof Error && /^(?:cache lookup failed|could not (?:open|find)) /.test(error.message)
}

/** Lock timeouts and deadlocks: the statement itself is right. */
export function isLockConflict(error: unknown): boolean {
  const state = sqlState(error)
  return state === '55P03' || state === '40P01'
}
