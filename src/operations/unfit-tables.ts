import type { LockstepError } from '../kernel/errors.ts'
import { printTable } from '../kernel/identifiers.ts'
import type { LeftOut, PlanWarning } from './operation.ts'
import type { TableState } from './table-state.ts'

/** Tables that the step cannot be done to, and why. */
export interface Unfit {
  readonly tables: readonly TableState[]
  readonly error: LockstepError
}

/** Those tables as the plan lists them. */
export function leftOutOf({ tables, error }: Unfit): readonly LeftOut[] {
  return tables.map((table) => ({ name: printTable(table), why: error.message }))
}

/** W204 about them. */
export function unfitWarning({ error }: Unfit): PlanWarning {
  const { message, where, hint } = error
  return {
    code: 'W204',
    message: `left out: ${message} (${where?.name ?? ''})`,
    hint: `${hint ?? 'mend them, then plan again'}; --strict stops here instead`,
  }
}
