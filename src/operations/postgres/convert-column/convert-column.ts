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

/** A wider type that holds the old one's values as they are stored: the column keeps its name and its place. */
export interface WidenColumnOptions {
  /** The type that it has, as in `create table`. */
  readonly from: string
  readonly to: string
}

export interface ConvertColumnSpec {
  readonly target: TableTarget
  readonly column: string
  readonly options: ConvertColumnOptions | WidenColumnOptions
}

/**
 * Converts a column of one table, or of every tenant's, into a new one, both kept in step until `complete`; or, with
 * `{ from, to }`, gives it a wider type where it is.
 */
export function convertColumnStep(
  target: string | { readonly tenants: string },
  column: string,
  options: ConvertColumnOptions | WidenColumnOptions,
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

const widenForm = z.strictObject({ from: z.string().min(1), to: z.string().min(1) })

const targetForms = z.object({
  target: z.union([z.strictObject({ table: z.string().min(1) }), z.strictObject({ tenants: z.string().min(1) })]),
  column: z.string().min(1),
})
const besideSpec = targetForms.extend({ options: besideForm })
const widenSpec = targetForms.extend({ options: widenForm })

function parseSpec(spec: unknown): ConvertColumnSpec {
  const isWidening = z.object({ options: z.object({ from: z.unknown() }) }).safeParse(spec)
  const wide = isWidening.success && 'from' in isWidening.data.options
  const parsed = wide ? widenSpec.safeParse(spec) : besideSpec.safeParse(spec)
  if (!parsed.success) {
    throw new LockstepError('LS-2002', `convertColumn: ${z.prettifyError(parsed.error)}`, {
      hint: "write postgres.convertColumn('orders', 'cents', { to: 'numeric(12,2)', up: 'cents / 100.0', down: 'round(amount * 100)', as: 'amount' }), or { from: 'varchar(20)', to: 'text' }",
    })
  }
  const { column, options } = parsed.data
  quoteIdentifier(column)
  if ('from' in options) return checkWidening(parsed.data, options)
  quoteIdentifier(options.as)
  if (column === options.as) {
    throw new LockstepError('LS-2002', `convertColumn: the new column has the name of the old one, ${column}`, {
      where: { name: column },
      hint: 'clients of both shapes need a column each until complete: give as another name',
    })
  }
  return parsed.data
}

function checkWidening(spec: ConvertColumnSpec, { from, to }: WidenColumnOptions): ConvertColumnSpec {
  const types = [from, to].map(parseSizedType)
  const [old, wider] = types
  if (old !== undefined && wider !== undefined && isWider(old, wider)) return spec
  throw new LockstepError('LS-2002', `convertColumn: from ${from} to ${to} is no change of the catalog alone`, {
    where: { name: spec.column },
    why: 'every row would be written anew, or read, while nobody can read or write the table',
    hint: 'convert into a new column: { to, up, down, as }',
  })
}

/** Undefined where a second column is made. */
function wideningOf({ target, column, options }: ConvertColumnSpec): Widening | undefined {
  if (!('from' in options)) return undefined
  const [from, to] = [parseSizedType(options.from), parseSizedType(options.to)]
  return from === undefined || to === undefined
    ? undefined
    : { target, column, from: printSizedType(from), to: printSizedType(to) }
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
  meta: { summary: 'Converts a column into a new one beside it, or gives it a wider type in place', destructive: true },
  parse: parseSpec,
  describe(spec) {
    const { column, options } = spec
    return 'from' in options
      ? `convert column ${column} from ${options.from} to ${options.to} in`
      : `convert column ${column} to ${options.as} ${options.to} in`
  },
  passes(spec) {
    const widening = wideningOf(spec)
    return widening === undefined ? pairPasses(pairOf(spec)) : wideningPasses(widening)
  },
  isDone(spec, { shape }) {
    const widening = wideningOf(spec)
    if (widening !== undefined) return columnIn(shape, spec.column)?.type === widening.to
    return columnIn(shape, pairOf(spec).new) !== undefined
  },
  inspect(spec, inspection) {
    const widening = wideningOf(spec)
    return widening === undefined
      ? inspectPair(pairOf(spec), acceptedBy(spec), inspection)
      : inspectWidening(widening, inspection)
  },
  extension(spec) {
    const widening = wideningOf(spec)
    return widening === undefined ? pairExtension(pairOf(spec)) : wideningExtension(widening)
  },
  companion: (spec) => (wideningOf(spec) === undefined ? syncCompanion(pairOf(spec)) : undefined),
  async *verify(spec, tables) {
    const widening = wideningOf(spec)
    if (widening !== undefined) yield* notWidened(widening, tables)
  },
  async *revert(work, hands) {
    const widening = wideningOf(work.spec)
    if (widening !== undefined) {
      yield* narrow(widening, work, hands)
      return
    }
    const pair = pairOf(work.spec)
    yield* revertPair(pair, pairPasses(pair), work, hands)
  },
})
