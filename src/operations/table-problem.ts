import { LockstepError } from '../kernel/errors.ts'
import type { ErrorCode } from '../kernel/errors.ts'
import { printTable } from '../kernel/identifiers.ts'
import { listed } from '../tenants/fleet.ts'
import type { TableState } from './table-state.ts'

/** One problem of these tables; none of none. */
export function problemOf(
  code: ErrorCode,
  tables: readonly TableState[],
  what: string,
  hint: string,
): readonly LockstepError[] {
  return tables.length === 0 ? [] : [new LockstepError(code, `${what}: ${listed(tables.map(printTable))}`, { hint })]
}
