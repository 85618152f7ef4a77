import { z } from 'zod'
import { LockstepError } from '../../../kernel/errors.ts'
import { quoteIdentifier } from '../../../kernel/identifiers.ts'
import type { TableTarget } from '../../../tenants/tenants-config.ts'
import { columnIn, pairTag } from '../../column-pair.ts'
import type { ColumnPair } from '../../column-pair.ts'
import { pairExtension } from '../../column-pair-extension.ts'
import { inspectPair } from '../../column-pair-inspect.ts'
import { pairPasses } from '../../column-pair-passes.ts'
import { revertPair } from '../../column-restore.ts'
import { syncCompanion } from '../../column-sync.ts'
import type { Step } from '../../operation.ts'
import { defineStructureChange } from '../../structure-operation.ts'

export interface RenameColumnOptions {
  /** Indexes and constraints of the old column, by name, that the new one does without. */
  readonly leave?: readonly string[] | undefined
}

export interface RenameColumnSpec {
  readonly target: TableTarget
  readonly from: string
  readonly to: string
  readonly options: RenameColumnOptions
}

/** Gives a column of one table, or of every tenant's, another name; both names can be used until `complete`. */
export function renameColumnStep(
  target: string | { readonly tenants: string },
  from: string,
  to: string,
  options: RenameColumnOptions = {},
): Step<RenameColumnSpec> {
  const named = typeof target === 'string' ? { table: target } : target
  return Object.freeze({ kind: 'renameColumn', spec: Object.freeze({ target: named, from, to, options }) })
}

const specForm = z.object({
  target: z.union([z.strictObject({ table: z.string().min(1) }), z.strictObject({ tenants: z.string().min(1) })]),
  from: z.string().min(1),
  to: z.string().min(1),
  options: z.strictObject({ leave: z.array(z.string()).readonly().optional() }),
})

function parseSpec(spec: unknown): RenameColumnSpec {
  const parsed = specForm.safeParse(spec)
  if (!parsed.success) {
    throw new LockstepError('LS-2002', `renameColumn: ${z.prettifyError(parsed.error)}`, {
      hint: "write postgres.renameColumn('users', 'mail', 'email')",
    })
  }
  const { from, to } = parsed.data
  quoteIdentifier(from)
  quoteIdentifier(to)
  if (from === to) {
    throw new LockstepError('LS-2002', `renameColumn: ${from} is called so already`, { where: { name: from } })
  }
  return parsed.data
}

function pairOf({ target, from, to, options }: RenameColumnSpec): ColumnPair {
  const { leave = [] } = options
  const tag = pairTag({ target, from, to, leave })
  return { old: from, new: to, type: undefined, up: from, down: to, default: undefined, leave, tag }
}

export const renameColumn = defineStructureChange<RenameColumnSpec>({
  kind: 'renameColumn',
  meta: { summary: 'Gives a column another name, both usable until complete', destructive: true },
  parse: parseSpec,
  describe: ({ from, to }) => `rename column ${from} to ${to} in`,
  passes: (spec) => pairPasses(pairOf(spec)),
  isDone: ({ to }, { shape }) => columnIn(shape, to) !== undefined,
  inspect: (spec, inspection) => inspectPair(pairOf(spec), [], inspection),
  extension: (spec) => pairExtension(pairOf(spec)),
  companion: (spec) => syncCompanion(pairOf(spec)),
  async *revert(work, hands) {
    const pair = pairOf(work.spec)
    yield* revertPair(pair, pairPasses(pair), work, hands)
  },
})
