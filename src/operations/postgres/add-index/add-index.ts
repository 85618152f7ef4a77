import { z } from 'zod'
import { LockstepError } from '../../../kernel/errors.ts'
import { quoteIdentifier } from '../../../kernel/identifiers.ts'
import type { TableTarget } from '../../../tenants/tenants-config.ts'
import { indexPasses, indexRemovalPasses } from '../../index-passes.ts'
import type { Step } from '../../operation.ts'
import { targetForm, targetOf } from '../../step-target.ts'
import type { NamedTarget } from '../../step-target.ts'
import { defineStructureChange } from '../../structure-operation.ts'
import { columnsOf, createSql, extensionOf, indexNameIn, isWanted, printIndex } from './index-sql.ts'
import { inspectIndex, refusedBuild } from './inspect-index.ts'

export type IndexMethod = 'btree' | 'gin' | 'gist' | 'hash' | 'brin' | 'hnsw' | 'ivfflat'

/** A column by name, or with an order of its own. */
export type IndexColumn =
  | string
  | {
      readonly column: string
      readonly order?: 'asc' | 'desc' | undefined
      readonly nulls?: 'first' | 'last' | undefined
    }

export interface AddIndexOptions {
  readonly unique?: boolean | undefined
  /** Default `btree`. */
  readonly using?: IndexMethod | undefined
  /** Columns kept in the index without being part of its order. */
  readonly include?: readonly string[] | undefined
  /** SQL of the condition that rows in the index meet. */
  readonly where?: string | undefined
  /** Of every column or of the expression: `vector_cosine_ops`. */
  readonly opclass?: string | undefined
  /** Storage parameters: `{ lists: 100 }`. */
  readonly with?: Readonly<Record<string, string | number | boolean>> | undefined
  /** Only for a single table; derived from table and columns without it. */
  readonly name?: string | undefined
}

export interface AddIndexSpec {
  readonly target: TableTarget
  readonly on: readonly IndexColumn[] | { readonly expression: string }
  readonly options: AddIndexOptions
}

/** Adds an index to one table or to every tenant's, without writers waiting for more than milliseconds. */
export function addIndexStep(
  target: NamedTarget,
  on: IndexColumn | readonly IndexColumn[] | { readonly expression: string },
  options: AddIndexOptions = {},
): Step<AddIndexSpec> {
  const keys = Array.isArray(on) || (typeof on === 'object' && 'expression' in on) ? on : [on]
  return Object.freeze({ kind: 'addIndex', spec: Object.freeze({ target: targetOf(target), on: keys, options }) })
}

const name = z.string().min(1)
const columnForm = z.union([
  name,
  z.strictObject({
    column: name,
    order: z.enum(['asc', 'desc']).optional(),
    nulls: z.enum(['first', 'last']).optional(),
  }),
])

const specForm = z.object({
  target: targetForm,
  on: z.union([z.array(columnForm).min(1), z.strictObject({ expression: name })]),
  options: z.strictObject({
    unique: z.boolean().optional(),
    using: z.enum(['btree', 'gin', 'gist', 'hash', 'brin', 'hnsw', 'ivfflat']).optional(),
    include: z.array(name).min(1).optional(),
    where: name.optional(),
    opclass: z
      .string()
      .regex(/^\w+(\.\w+)?$/)
      .optional(),
    with: z.record(z.string().regex(/^[a-z_]+$/), z.union([z.string(), z.number(), z.boolean()])).optional(),
    name: name.optional(),
  }),
})

function parseSpec(spec: unknown): AddIndexSpec {
  const parsed = specForm.safeParse(spec)
  if (!parsed.success) {
    throw new LockstepError('LS-2002', `addIndex: ${z.prettifyError(parsed.error)}`, {
      hint: "write postgres.addIndex('orders', ['customer', 'at'], { unique: true })",
    })
  }
  const { target, options } = parsed.data
  for (const column of columnsOf(parsed.data)) quoteIdentifier(column)
  if (options.name !== undefined) quoteIdentifier(options.name)
  if (options.name !== undefined && 'tenants' in target) {
    throw unfit('a name can be given for one table only', 'leave name out: each tenant’s index gets a name of its own')
  }
  checkMethod(parsed.data)
  return parsed.data
}

/** What each method can do: throws LS-2125. */
function checkMethod({ on, options }: AddIndexSpec): void {
  const { using = 'btree' } = options
  const count = 'expression' in on ? 1 : on.length
  if (options.unique === true && using !== 'btree') {
    throw unfit(`a ${using} index cannot be unique`, 'leave using out: only btree indexes can be unique')
  }
  if (options.include !== undefined && using !== 'btree' && using !== 'gist') {
    throw unfit(`a ${using} index cannot include columns`, 'only btree and gist indexes can')
  }
  if (count > 1 && (using === 'hash' || using === 'hnsw' || using === 'ivfflat')) {
    throw unfit(`a ${using} index has one column`, 'add an index for each')
  }
}

function unfit(message: string, hint: string): LockstepError {
  return new LockstepError('LS-2125', `addIndex: ${message}`, { hint })
}

export const addIndex = defineStructureChange<AddIndexSpec>({
  kind: 'addIndex',
  meta: { summary: 'Adds an index to one table or to every tenant’s, built concurrently', destructive: false },
  parse: parseSpec,
  describe: (spec) => `add ${printIndex(spec)} to`,
  passes(spec) {
    const of = printIndex(spec)
    return [
      ...indexPasses({
        of,
        name: (table) => indexNameIn(spec, table.name),
        isIt: (index, table) => isWanted(spec, index, table),
        create: (table, how) => createSql(spec, table, how),
        refused: (table, error) => refusedBuild(spec, table, error),
      }),
      ...indexRemovalPasses(of, (table) => indexNameIn(spec, table.name)),
    ]
  },
  inspect: inspectIndex,
  extension: extensionOf,
})
