import { z } from 'zod'
import { LockstepError } from '../../../kernel/errors.ts'
import { parseTableName, quoteIdentifier } from '../../../kernel/identifiers.ts'
import type { SqlText } from '../../../sql/sql-text.ts'
import type { TableTarget } from '../../../tenants/tenants-config.ts'
import { defineTableOperation } from '../../operation.ts'
import type { Step } from '../../operation.ts'
import { targetForm, targetOf } from '../../step-target.ts'
import type { NamedTarget } from '../../step-target.ts'
import { applyTable, revertTable } from './apply-table.ts'
import { declaredDefinition } from './declared-table.ts'
import { planTable } from './plan-table.ts'
import { listOf, parseOptions } from './table-options.ts'
import type { CreateTableOptions, DeclaredTable } from './table-options.ts'
import { isRevoke, tableStatements } from './table-sql.ts'
import { rendered } from './template.ts'
import { behindTable, remainingTable, revertingTable, verifyTable } from './watch-table.ts'

export interface CreateTableSpec {
  readonly target: TableTarget
  readonly options: CreateTableOptions
}

/** Creates a table, or one for every tenant: `tenants('user_settings')`. Nobody has a right on it who is not named. */
export function createTableStep(target: NamedTarget, options: CreateTableOptions): Step<CreateTableSpec> {
  return Object.freeze({ kind: 'createTable', spec: Object.freeze({ target: targetOf(target), options }) })
}

function parseSpec(spec: unknown): CreateTableSpec {
  const parsed = z.object({ target: targetForm, options: z.unknown() }).safeParse(spec)
  const options = parsed.success ? parseOptions(parsed.data.options) : undefined
  if (!parsed.success || options?.success !== true) {
    const error = parsed.success ? options?.error : parsed.error
    throw new LockstepError('LS-2002', `createTable: ${error === undefined ? 'no options' : z.prettifyError(error)}`, {
      hint: "write postgres.createTable('events', { columns: { id: { type: 'bigint', identity: 'always' }, at: 'timestamptz' }, primaryKey: 'id' })",
    })
  }
  if (!('like' in options.data)) checkDeclared(options.data)
  checkPolicies(options.data)
  return { target: parsed.data.target, options: options.data }
}

/** That what the parts of the spec say of each other is true. */
function checkDeclared(options: DeclaredTable): void {
  const columns = Object.entries(options.columns)
  if (columns.length === 0) throw refuse('it has no columns')
  for (const [name, given] of columns) {
    quoteIdentifier(name)
    if (typeof given === 'string') continue
    const ways = [given.default, given.identity, given.generated].filter((each) => each !== undefined)
    if (ways.length > 1) throw refuse(`column ${name} has more than one of default, identity and generated`)
  }
  const keyed = [
    ...listOf(options.primaryKey),
    ...(options.unique ?? []).flatMap((each) => listOf(each)),
    ...(options.foreignKeys ?? []).flatMap((each) => each.columns),
    ...(options.indexes ?? []).flatMap(columnsOfIndex),
  ]
  const unknown = keyed.find((name) => !Object.hasOwn(options.columns, name))
  if (unknown !== undefined) throw refuse(`there is no column ${unknown}`)
}

function checkPolicies({ policies }: CreateTableOptions): void {
  for (const { name, for: command, using, check } of policies ?? []) {
    quoteIdentifier(name)
    if (using === undefined && check === undefined) throw refuse(`policy ${name} has neither using nor check`)
    if (command === 'insert' && using !== undefined)
      throw refuse(`policy ${name} is for insert, which has a check only`)
    if ((command === 'select' || command === 'delete') && check !== undefined)
      throw refuse(`policy ${name} is for ${command}, which has no check`)
  }
}

function columnsOfIndex(index: NonNullable<DeclaredTable['indexes']>[number]): readonly string[] {
  if (typeof index === 'string') return [index]
  if (!('on' in index)) return index
  const keys = 'expression' in index.on ? [] : index.on.map((each) => (typeof each === 'string' ? each : each.column))
  return [...keys, ...(index.include ?? [])]
}

function refuse(why: string): LockstepError {
  return new LockstepError('LS-2002', `createTable: ${why}`, { where: { name: 'createTable' } })
}

/** For the linter: what the spec declares, as it runs; a copy has nothing that users wrote. */
function textsOf({ target, options }: CreateTableSpec): readonly SqlText[] {
  if ('like' in options) return []
  const table =
    'table' in target
      ? { ...parseTableName(target.table), key: '' }
      : { schema: 'public', name: 'tenant_table', key: 'tenant' }
  const { make, refer } = tableStatements(declaredDefinition(options))
  const statements = [...make.filter((each) => !isRevoke(each)), ...refer].map((each) => rendered(each, table))
  return [{ name: 'table', text: statements.map((each) => `${each};\n`).join(''), inTransaction: true, timed: true }]
}

export const createTable = defineTableOperation<CreateTableSpec>({
  kind: 'createTable',
  meta: {
    summary: 'Creates a table, or one for every tenant, new tenants included, closed to all who are not named',
    phases: ['expand', 'backfill', 'cutover', 'contract'],
    destructive: false,
  },
  parse: parseSpec,
  plan: planTable,
  remaining: remainingTable,
  apply: applyTable,
  behind: behindTable,
  verify: verifyTable,
  reverting: revertingTable,
  revert: revertTable,
  sql: textsOf,
})
