import { LockstepError } from '../kernel/errors.ts'

/**
 * Whether a document store refused a query because an index it needs is missing: `count` with `having` on a collection
 * group, in production. What it would have answered can still be found by reading.
 */
export function isMissingIndex(error: unknown): boolean {
  return (
    error instanceof LockstepError && error.code === 'LS-3004' && (error.why ?? '').startsWith('FAILED_PRECONDITION')
  )
}
