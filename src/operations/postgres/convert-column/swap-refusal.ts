import { LockstepError } from '../../../kernel/errors.ts'
import type { ErrorCode } from '../../../kernel/errors.ts'
import { printTable } from '../../../kernel/identifiers.ts'
import { listed } from '../../../tenants/fleet.ts'
import type { TableState } from '../../table-state.ts'

/** One error of all these tables; none without any. */
export function refusal(
  code: ErrorCode,
  tables: readonly TableState[],
  what: string,
  hint: string,
): readonly LockstepError[] {
  if (tables.length === 0) return []
  return [new LockstepError(code, `${what}: ${listed(tables.map(printTable))}`, { hint })]
}
