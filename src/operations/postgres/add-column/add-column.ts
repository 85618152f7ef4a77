import { z } from 'zod'
import { LockstepError } from '../../../kernel/errors.ts'
import { printTable, quoteIdentifier } from '../../../kernel/identifiers.ts'
import type { TableTarget } from '../../../tenants/tenants-config.ts'
import { applyPasses } from '../../apply-passes.ts'
import { columnRemovalPasses } from '../../column-removal.ts'
import { resolveType } from '../../column-types.ts'
import type { Checkpoint, Step, TableHands, Work } from '../../operation.ts'
import { defineStructureChange } from '../../structure-operation.ts'
import type { CatalogPass } from '../../table-passes.ts'
import { tablesScope } from '../../table-scope.ts'
import { tableStates } from '../../table-state.ts'
import type { TableState } from '../../table-state.ts'
import { columnOf, columnPasses } from './column-passes.ts'
import { extensionOf, tagOf } from './column-sql.ts'
import { inspectColumn, wrongShapes } from './inspect-column.ts'

/** A constant (kept in the catalog, no row is touched), or an expression that is evaluated for each row. */
export type ColumnDefault = string | number | boolean | { readonly sql: string }

export interface AddColumnOptions {
  readonly default?: ColumnDefault | undefined
  /** Needs a default; with an expression it is set after the backfill, through a validated check. */
  readonly notNull?: boolean | undefined
  /** A btree index on the column: inside the group for small tables, concurrently for others. */
  readonly index?: boolean | undefined
}

export interface AddColumnSpec {
  readonly target: TableTarget
  readonly column: string
  readonly type: string
  readonly options: AddColumnOptions
}

/** Adds a column to one table, by name, or to every tenant's table of a template: `tenants('user_table')`. */
export function addColumnStep(
  target: string | { readonly tenants: string },
  column: string,
  type: string,
  options: AddColumnOptions = {},
): Step<AddColumnSpec> {
  const named = typeof target === 'string' ? { table: target } : target
  return Object.freeze({ kind: 'addColumn', spec: Object.freeze({ target: named, column, type, options }) })
}

const specForm = z.object({
  target: z.union([z.strictObject({ table: z.string().min(1) }), z.strictObject({ tenants: z.string().min(1) })]),
  column: z.string().min(1),
  type: z.string().min(1),
  options: z.strictObject({
    default: z.union([z.string(), z.number(), z.boolean(), z.strictObject({ sql: z.string().min(1) })]).optional(),
    notNull: z.boolean().optional(),
    index: z.boolean().optional(),
  }),
})

function parseSpec(spec: unknown): AddColumnSpec {
  const parsed = specForm.safeParse(spec)
  if (!parsed.success) {
    throw new LockstepError('LS-2002', `addColumn: ${z.prettifyError(parsed.error)}`, {
      hint: "write postgres.addColumn(tenants('user_table'), 'language', 'text', { default: 'en' })",
    })
  }
  const { column, options } = parsed.data
  quoteIdentifier(column)
  if (options.notNull === true && options.default === undefined) {
    throw new LockstepError(
      'LS-2106',
      `column "${column}" is not null but has no default: existing rows and old clients cannot fill it`,
      {
        where: { name: column },
        hint: 'give it a default, or leave notNull out',
      },
    )
  }
  return parsed.data
}

function removalPasses(
  spec: AddColumnSpec,
  isOurs: (table: TableState) => boolean = () => true,
): readonly CatalogPass[] {
  return columnRemovalPasses({ phase: 'revert', column: spec.column, tag: tagOf(spec), isOurs })
}

/** A column of another type came to the table from others, between plan and `up`: it stays, and is told. */
async function* revert(work: Work<AddColumnSpec>, hands: TableHands): AsyncGenerator<Checkpoint> {
  const { spec } = work
  const scope = tablesScope.parse(work.scope)
  const [type, tables] = await hands.tables.read(async (q) => [
    await resolveType(q, spec.type),
    await tableStates(q, scope, scope.tables),
  ])
  const isOurs = (table: TableState): boolean => [undefined, type.printed].includes(columnOf(table, spec.column)?.type)
  for (const table of tables.filter((each) => !isOurs(each)))
    hands.warn(`${printTable(table)}: its column ${spec.column} is not of type ${type.printed}, and stays`)
  yield* applyPasses(work, hands, removalPasses(spec, isOurs))
}

export const addColumn = defineStructureChange<AddColumnSpec>({
  kind: 'addColumn',
  meta: { summary: 'Adds a column to one table or to every tenant’s, new tenants included', destructive: false },
  parse: parseSpec,
  describe: ({ column, type }) => `add column ${column} ${type} to`,
  passes: (spec) => [...columnPasses(spec), ...removalPasses(spec)],
  // A table that had the column before is left as it is, or `down` would take away what was never ours.
  isDone: (spec, table) => columnOf(table, spec.column) !== undefined,
  inspect: inspectColumn,
  extension: extensionOf,
  verify: wrongShapes,
  revert,
})
