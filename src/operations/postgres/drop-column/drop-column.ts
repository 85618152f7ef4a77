import { z } from 'zod'
import { LockstepError } from '../../../kernel/errors.ts'
import { quoteIdentifier } from '../../../kernel/identifiers.ts'
import type { TableTarget } from '../../../tenants/tenants-config.ts'
import { columnIn } from '../../column-checks.ts'
import type { Step } from '../../operation.ts'
import { targetForm, targetOf } from '../../step-target.ts'
import type { NamedTarget } from '../../step-target.ts'
import { defineStructureChange } from '../../structure-operation.ts'
import { dropPasses } from './drop-passes.ts'
import { inspectDrop } from './dependents.ts'
import { extensionOf, lastExtensionOf } from './drop-extension.ts'
import { bringBack } from './bring-back.ts'

export interface DropColumnSpec {
  readonly target: TableTarget
  readonly column: string
}

/** Drops a column of one table or of every tenant's, when the migration completes; until then nothing is lost. */
export function dropColumnStep(target: NamedTarget, column: string): Step<DropColumnSpec> {
  return Object.freeze({ kind: 'dropColumn', spec: Object.freeze({ target: targetOf(target), column }) })
}

const specForm = z.object({ target: targetForm, column: z.string().min(1) })

function parseSpec(spec: unknown): DropColumnSpec {
  const parsed = specForm.safeParse(spec)
  if (!parsed.success) {
    throw new LockstepError('LS-2002', `dropColumn: ${z.prettifyError(parsed.error)}`, {
      hint: "write postgres.dropColumn('orders', 'legacy_status')",
    })
  }
  quoteIdentifier(parsed.data.column)
  return parsed.data
}

export const dropColumn = defineStructureChange<DropColumnSpec>({
  kind: 'dropColumn',
  meta: { summary: 'Drops a column when the migration completes; its values are kept', destructive: true },
  parse: parseSpec,
  describe: ({ column }) => `drop column ${column} of`,
  passes: dropPasses,
  isDone: ({ column }, table) => columnIn(table, column) === undefined,
  inspect: inspectDrop,
  extension: extensionOf,
  lastExtension: lastExtensionOf,
  revert: bringBack,
})
