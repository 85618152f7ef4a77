import { z } from 'zod'
import { LockstepError } from '../../../kernel/errors.ts'
import { quoteIdentifier } from '../../../kernel/identifiers.ts'
import type { TableTarget } from '../../../tenants/tenants-config.ts'
import { emptyRows } from '../../empty-rows.ts'
import type { Checkpoint, Step, TableHands, Work } from '../../operation.ts'
import { targetForm, targetOf } from '../../step-target.ts'
import type { NamedTarget } from '../../step-target.ts'
import { defineStructureChange } from '../../structure-operation.ts'
import { applyPasses } from '../../apply-passes.ts'
import { companionOf, extensionOf, lastExtensionOf } from './fill-trigger.ts'
import { inspectColumn } from './inspect-nulls.ts'
import { notNullPasses } from './not-null-passes.ts'

/** A constant, or an expression over the row's own columns. */
export type FillValue = string | number | boolean | { readonly sql: string }

export interface SetNotNullOptions {
  /** For rows without a value, and for those that old clients write meanwhile. */
  readonly fill?: FillValue | undefined
}

export interface SetNotNullSpec {
  readonly target: TableTarget
  readonly column: string
  readonly options: SetNotNullOptions
}

/** Requires a value in a column of one table or of every tenant's; with `fill`, old clients may go on writing none. */
export function setNotNullStep(
  target: NamedTarget,
  column: string,
  options: SetNotNullOptions = {},
): Step<SetNotNullSpec> {
  return Object.freeze({ kind: 'setNotNull', spec: Object.freeze({ target: targetOf(target), column, options }) })
}

const specForm = z.object({
  target: targetForm,
  column: z.string().min(1),
  options: z.strictObject({
    fill: z.union([z.string(), z.number(), z.boolean(), z.strictObject({ sql: z.string().min(1) })]).optional(),
  }),
})

function parseSpec(spec: unknown): SetNotNullSpec {
  const parsed = specForm.safeParse(spec)
  if (!parsed.success) {
    throw new LockstepError('LS-2002', `setNotNull: ${z.prettifyError(parsed.error)}`, {
      hint: "write postgres.setNotNull('orders', 'status', { fill: 'open' })",
    })
  }
  quoteIdentifier(parsed.data.column)
  return parsed.data
}

export const setNotNull = defineStructureChange<SetNotNullSpec>({
  kind: 'setNotNull',
  meta: { summary: 'Requires a value in a column, filling what has none', destructive: false },
  parse: parseSpec,
  describe: ({ column }) => `require a value in column ${column} of`,
  passes: notNullPasses,
  inspect: inspectColumn,
  companion: companionOf,
  extension: extensionOf,
  // Without a value to fill in, nobody gets an error before the cutover.
  extensionPhase: ({ options }) => (options.fill === undefined ? 'cutover' : 'expand'),
  lastExtension: lastExtensionOf,
  revert: goBack,
})

/** The requirement first, then the NULLs that were there. */
async function* goBack(work: Work<SetNotNullSpec>, hands: TableHands): AsyncGenerator<Checkpoint> {
  yield* applyPasses(work, hands, notNullPasses(work.spec))
  if (work.spec.options.fill !== undefined) yield* emptyRows(work, hands)
}
