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
import { inspectWidening, narrow, notWidened, wideningExtension, wideningPasses } from './widen.ts'
import type { Widening } from './widen.ts'
import { inspectSwap, notExchanged } from './swap-inspect.ts'
import { stateOfSwap } from './swap.ts'
import type { Swap } from './swap.ts'
import { revertSwap } from './swap-revert.ts'
import { swapExtension } from './swap-extension.ts'
import { swapPasses } from './swap-passes.ts'
import { swapCompanion } from './swap-sync.ts'
import { printedType } from './printed-type.ts'
import { isWider, parseSizedType, printSizedType } from './wider-types.ts'

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

/** Another type under the same name: in place where that is a change of the catalog alone, else exchanged in the cutover. */
export interface RetypeColumnOptions {
  /** The type that it has, as in `create table`. */
  readonly from: string
  readonly to: string
  /** SQL over the row: the new value, the column named as it is. Without it a cast. */
  readonly up?: string | undefined
  /** SQL over the row: the old value, of the new one under the same name. Without it a cast. */
  readonly down?: string | undefined
  /** What may be lost, by name: values that become null, values that do not come back as they were. */
  readonly accept?: readonly LossKind[] | undefined
  /** Indexes and constraints of the column, by name, that go with the old type. */
  readonly leave?: readonly string[] | undefined
}

export interface ConvertColumnSpec {
  readonly target: TableTarget
  readonly column: string
  readonly options: ConvertColumnOptions | RetypeColumnOptions
}

/**
 * Converts a column of one table, or of every tenant's, into a new one, both kept in step until `complete`; or, with
 * `{ from, to }`, gives it another type under its own name.
 */
export function convertColumnStep(
  target: string | { readonly tenants: string },
  column: string,
  options: ConvertColumnOptions | RetypeColumnOptions,
): Step<ConvertColumnSpec> {
  const named = typeof target === 'string' ? { table: target } : target
  return Object.freeze({ kind: 'convertColumn', spec: Object.freeze({ target: named, column, options }) })
}

const besideForm = z.strictObject({
  to: z.string().min(1),
  up: z.string().trim().min(1),
  down: z.string().trim().min(1),
  as: z.string().min(1),
  default: z.string().min(1).nullable().optional(),
  accept: z.array(z.enum(lossKinds)).readonly().optional(),
  leave: z.array(z.string()).readonly().optional(),
})

const retypeForm = z.strictObject({
  from: z.string().min(1),
  to: z.string().min(1),
  up: z.string().trim().min(1).optional(),
  down: z.string().trim().min(1).optional(),
  accept: z.array(z.enum(lossKinds)).readonly().optional(),
  leave: z.array(z.string()).readonly().optional(),
})

const targetForms = z.object({
  target: z.union([z.strictObject({ table: z.string().min(1) }), z.strictObject({ tenants: z.string().min(1) })]),
  column: z.string().min(1),
})
const besideSpec = targetForms.extend({ options: besideForm })
const retypeSpec = targetForms.extend({ options: retypeForm })

function parseSpec(spec: unknown): ConvertColumnSpec {
  const isRetyping = z.object({ options: z.object({ from: z.unknown() }) }).safeParse(spec)
  const retypes = isRetyping.success && 'from' in isRetyping.data.options
  const parsed = retypes ? retypeSpec.safeParse(spec) : besideSpec.safeParse(spec)
  if (!parsed.success) {
    throw new LockstepError('LS-2002', `convertColumn: ${z.prettifyError(parsed.error)}`, {
      hint: "write postgres.convertColumn('orders', 'id', { from: 'integer', to: 'bigint' }), or { to: 'numeric(12,2)', up: 'cents / 100.0', down: 'round(amount * 100)', as: 'amount' }",
    })
  }
  const { column, options } = parsed.data
  quoteIdentifier(column)
  if ('from' in options) return checkTypes(parsed.data, options)
  quoteIdentifier(options.as)
  if (column === options.as) {
    throw new LockstepError('LS-2002', `convertColumn: the new column has the name of the old one, ${column}`, {
      where: { name: column },
      hint: 'give as another name; or, to keep the name, leave as out and give the old type: { from, to }',
    })
  }
  return parsed.data
}

function checkTypes(spec: ConvertColumnSpec, { from, to }: RetypeColumnOptions): ConvertColumnSpec {
  if (printedType(from) !== printedType(to)) return spec
  throw new LockstepError('LS-2002', `convertColumn: ${from} and ${to} are the same type`, {
    where: { name: spec.column },
    hint: 'give the type that it has as from, the one it is to have as to',
  })
}

/** Undefined where more than the catalog is to be changed. */
function wideningOf({ target, column, options }: ConvertColumnSpec): Widening | undefined {
  if (!('from' in options) || options.up !== undefined || options.down !== undefined) return undefined
  const [from, to] = [parseSizedType(options.from), parseSizedType(options.to)]
  return from === undefined || to === undefined || !isWider(from, to)
    ? undefined
    : { target, column, from: printSizedType(from), to: printSizedType(to) }
}

const swaps = new WeakMap<ConvertColumnSpec, Swap>()

/** Undefined where the column gets another name, or is widened in place. The same for the same spec, asked by every table. */
function swapOf(spec: ConvertColumnSpec): Swap | undefined {
  const { target, column, options } = spec
  if (!('from' in options) || wideningOf(spec) !== undefined) return undefined
  const { from, to, up, down, accept = [], leave = [] } = options
  const known = swaps.get(spec)
  if (known !== undefined) return known
  const swap = { target, column, from: printedType(from), to: printedType(to), up, down, accept, leave }
  swaps.set(spec, swap)
  return swap
}

function pairOf({ target, column, options }: ConvertColumnSpec): ColumnPair {
  if ('from' in options) throw new LockstepError('LS-9001', 'a column that is widened has no second one')
  const { to, up, down, as, leave = [] } = options
  const tag = pairTag({ target, column, to, up, down, as, default: options.default ?? null, leave })
  return { old: column, new: as, type: to, up, down, default: options.default, leave, tag }
}

function acceptedBy({ options }: ConvertColumnSpec): readonly LossKind[] {
  return 'from' in options ? [] : (options.accept ?? [])
}

export const convertColumn = defineStructureChange<ConvertColumnSpec>({
  kind: 'convertColumn',
  meta: { summary: 'Converts a column into a new one beside it, or gives it another type', destructive: true },
  parse: parseSpec,
  describe(spec) {
    const { column, options } = spec
    return 'from' in options
      ? `convert column ${column} from ${options.from} to ${options.to} in`
      : `convert column ${column} to ${options.as} ${options.to} in`
  },
  passes(spec) {
    const [widening, swap] = [wideningOf(spec), swapOf(spec)]
    if (swap !== undefined) return swapPasses(swap)
    return widening === undefined ? pairPasses(pairOf(spec)) : wideningPasses(widening)
  },
  isDone(spec, table) {
    const [widening, swap] = [wideningOf(spec), swapOf(spec)]
    if (swap !== undefined) return ['swapped', 'leaving', 'done'].includes(stateOfSwap(swap, table))
    if (widening !== undefined) return columnIn(table.shape, spec.column)?.type === widening.to
    return columnIn(table.shape, pairOf(spec).new) !== undefined
  },
  inspect(spec, inspection) {
    const [widening, swap] = [wideningOf(spec), swapOf(spec)]
    if (swap !== undefined) return inspectSwap(swap, inspection)
    return widening === undefined
      ? inspectPair(pairOf(spec), acceptedBy(spec), inspection)
      : inspectWidening(widening, inspection)
  },
  extension(spec) {
    const [widening, swap] = [wideningOf(spec), swapOf(spec)]
    if (swap !== undefined) return swapExtension(swap)
    return widening === undefined ? pairExtension(pairOf(spec)) : wideningExtension(widening)
  },
  companion(spec) {
    const swap = swapOf(spec)
    if (swap !== undefined) return swapCompanion(swap)
    return wideningOf(spec) === undefined ? syncCompanion(pairOf(spec)) : undefined
  },
  async *verify(spec, tables) {
    const [widening, swap] = [wideningOf(spec), swapOf(spec)]
    if (swap !== undefined) yield* notExchanged(swap, tables)
    if (widening !== undefined) yield* notWidened(widening, tables)
  },
  async *revert(work, hands) {
    const [widening, swap] = [wideningOf(work.spec), swapOf(work.spec)]
    if (swap !== undefined) {
      yield* revertSwap(swap, work, hands)
      return
    }
    if (widening !== undefined) {
      yield* narrow(widening, work, hands)
      return
    }
    const pair = pairOf(work.spec)
    yield* revertPair(pair, pairPasses(pair), work, hands)
  },
})
