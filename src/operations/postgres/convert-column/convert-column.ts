import { z } from 'zod'
import { LockstepError } from '../../../kernel/errors.ts'
import { quoteIdentifier } from '../../../kernel/identifiers.ts'
import type { TableTarget } from '../../../tenants/tenants-config.ts'
import { columnIn, pairTag } from '../../column-pair.ts'
import type { ColumnPair } from '../../column-pair.ts'
import { pairExtension } from '../../column-pair-extension.ts'
import { inspectPair } from '../../column-pair-inspect.ts'
import { pairPasses } from '../../column-pair-passes.ts'
import { lossKinds } from '../../column-pair-scan.ts'
import type { LossKind } from '../../column-pair-scan.ts'
import { revertPair } from '../../column-restore.ts'
import { syncCompanion } from '../../column-sync.ts'
import type { Step } from '../../operation.ts'
import { defineStructureChange } from '../../structure-operation.ts'

export interface ConvertColumnOptions {
  /** The new type, as in `create table`. */
  readonly to: string
  /** SQL over the row: the new value of the old one's, e.g. `cents / 100.0`. */
  readonly up: string
  /** SQL over the row: the old value of the new one's, e.g. `round(amount * 100)`. */
  readonly down: string
  /** The new column. */
  readonly as: string
  /** SQL of the new column's default; null for none. Without it that of the old one, where it is a constant, converted. */
  readonly default?: string | null | undefined
  /** What may be lost, by name: values that become null, values that do not come back as they were. */
  readonly accept?: readonly LossKind[] | undefined
  /** Indexes and constraints of the old column, by name, that the new one does without. */
  readonly leave?: readonly string[] | undefined
}

export interface ConvertColumnSpec {
  readonly target: TableTarget
  readonly column: string
  readonly options: ConvertColumnOptions
}

/** Converts a column of one table, or of every tenant's, into a new one; both are kept in step until `complete`. */
export function convertColumnStep(
  target: string | { readonly tenants: string },
  column: string,
  options: ConvertColumnOptions,
): Step<ConvertColumnSpec> {
  const named = typeof target === 'string' ? { table: target } : target
  return Object.freeze({ kind: 'convertColumn', spec: Object.freeze({ target: named, column, options }) })
}

const specForm = z.object({
  target: z.union([z.strictObject({ table: z.string().min(1) }), z.strictObject({ tenants: z.string().min(1) })]),
  column: z.string().min(1),
  options: z.strictObject({
    to: z.string().min(1),
    up: z.string().trim().min(1),
    down: z.string().trim().min(1),
    as: z.string().min(1),
    default: z.string().min(1).nullable().optional(),
    accept: z.array(z.enum(lossKinds)).readonly().optional(),
    leave: z.array(z.string()).readonly().optional(),
  }),
})

function parseSpec(spec: unknown): ConvertColumnSpec {
  const parsed = specForm.safeParse(spec)
  if (!parsed.success) {
    throw new LockstepError('LS-2002', `convertColumn: ${z.prettifyError(parsed.error)}`, {
      hint: "write postgres.convertColumn('orders', 'cents', { to: 'numeric(12,2)', up: 'cents / 100.0', down: 'round(amount * 100)', as: 'amount' })",
    })
  }
  const { column, options } = parsed.data
  quoteIdentifier(column)
  quoteIdentifier(options.as)
  if (column === options.as) {
    throw new LockstepError('LS-2002', `convertColumn: the new column has the name of the old one, ${column}`, {
      where: { name: column },
      hint: 'clients of both shapes need a column each until complete: give as another name',
    })
  }
  return parsed.data
}

function pairOf({ target, column, options }: ConvertColumnSpec): ColumnPair {
  const { to, up, down, as, leave = [] } = options
  const tag = pairTag({ target, column, to, up, down, as, default: options.default ?? null, leave })
  return { old: column, new: as, type: to, up, down, default: options.default, leave, tag }
}

export const convertColumn = defineStructureChange<ConvertColumnSpec>({
  kind: 'convertColumn',
  meta: { summary: 'Converts a column into a new one beside it, both kept in step until complete', destructive: true },
  parse: parseSpec,
  describe: ({ column, options }) => `convert column ${column} to ${options.as} ${options.to} in`,
  passes: (spec) => pairPasses(pairOf(spec)),
  isDone: ({ options }, { shape }) => columnIn(shape, options.as) !== undefined,
  inspect: (spec, inspection) => inspectPair(pairOf(spec), spec.options.accept ?? [], inspection),
  extension: (spec) => pairExtension(pairOf(spec)),
  companion: (spec) => syncCompanion(pairOf(spec)),
  async *revert(work, hands) {
    const pair = pairOf(work.spec)
    yield* revertPair(pair, pairPasses(pair), work, hands)
  },
})
