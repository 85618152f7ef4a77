import { LockstepError } from '../../../kernel/errors.ts'
import { printTable, quoteIdentifier, quoteTable } from '../../../kernel/identifiers.ts'
import { sqlState } from '../../../stores/tables.ts'
import { listed } from '../../../tenants/fleet.ts'
import { checkSql, columnIn, missingColumns } from '../../column-checks.ts'
import { checkLiteral } from '../../column-types.ts'
import type { Look, PlanWarning } from '../../operation.ts'
import { countInTables, tablesInTheWay, uncounted } from '../../row-counts.ts'
import { walkingKey, withoutKey } from '../../row-pages.ts'
import type { Inspected, Inspection } from '../../structure-operation.ts'
import type { Refusal } from '../../table-passes.ts'
import type { TableState } from '../../table-state.ts'
import { fillSql } from './fill-trigger.ts'
import type { SetNotNullSpec } from './set-not-null.ts'

/** That the column is there, that what is filled in is a value of it, and that no NULL is left in the way. */
export async function inspectColumn(spec: SetNotNullSpec, { tables, todo, look }: Inspection): Promise<Inspected> {
  const { column, options } = spec
  const missing = missingColumns(tables, [column])
  if (missing.length > 0) return { problems: missing }
  const early = options.fill === undefined ? [] : [...keyless(todo), ...(await wrongFill(spec, todo, look))]
  if (early.length > 0) return { problems: early }
  const left = options.fill === undefined ? '' : ` and (${fillSql(spec)}) is null`
  const counts = await countInTables(todo, (table) => nullsSql(spec, table) + left, look)
  const hint =
    options.fill === undefined
      ? `give a value for them: { fill: … }, or fill them before (update … set ${quoteIdentifier(column)} = … where ${quoteIdentifier(column)} is null)`
      : 'the expression gives NULL for them: use coalesce(…, …)'
  return {
    problems: [],
    unfit: tablesInTheWay(counts, `rows have no value in column ${column}`, hint),
    warnings: [...uncounted(counts, `rows without a value in ${column}`), ...forClients(spec, todo)],
    basis: { fill: fillSql(spec) },
  }
}

function nullsSql({ column }: SetNotNullSpec, table: TableState): string {
  return `select * from ${quoteTable(table)} where ${quoteIdentifier(column)} is null`
}

/** Rows are filled in the order of their keys. */
function keyless(todo: readonly TableState[]): readonly LockstepError[] {
  const without = todo.filter(({ shape }) => walkingKey(shape).length === 0)
  return without.length === 0 ? [] : [withoutKey(listed(without.map(printTable)))]
}

async function wrongFill(
  { column, options }: SetNotNullSpec,
  todo: readonly TableState[],
  look: Look,
): Promise<readonly LockstepError[]> {
  const { fill } = options
  const [table] = todo
  if (table === undefined || fill === undefined) return []
  const found = columnIn(table, column)
  if (found?.generated === true) {
    const hint = 'leave fill out: the expression that makes its values has to give one for every row'
    return [new LockstepError('LS-2125', `column ${column} is generated, it cannot be filled`, { hint })]
  }
  const type = found?.type ?? 'text'
  if (typeof fill === 'object') {
    return checkSql(look, table, [{ what: 'the value to fill in', sql: fill.sql, type: 'any' }])
  }
  await look.tables.read((q) => checkLiteral(q, String(fill), { text: type, printed: type }, column))
  return []
}

function forClients({ column, options }: SetNotNullSpec, todo: readonly TableState[]): readonly PlanWarning[] {
  if (todo.length === 0) return []
  const bare = todo.filter((table) => columnIn(table, column)?.default === undefined)
  const omitting = bare.length === 0 ? 'write NULL' : 'write NULL or leave it out'
  const [since, hint] =
    options.fill === undefined
      ? [
          'the cutover',
          'give { fill: … } to have their rows filled until complete, or release clients that write it first',
        ]
      : ['complete', 'complete only when no client of the old version is left']
  return [{ code: 'W212', message: `clients that ${omitting} in column ${column} get errors from ${since} on`, hint }]
}

/** NULLs that were written since the plan. */
export function refusedNulls(spec: SetNotNullSpec, table: TableState, error: unknown): Refusal | undefined {
  const state = sqlState(error)
  if (state !== '23514' && state !== '23502') return undefined
  const name = printTable(table)
  return {
    error: new LockstepError('LS-2121', `${name}: rows have no value in column ${spec.column}`, {
      where: { name },
      why: 'they were written since the plan was made',
      hint: `fill them (${nullsSql(spec, table)}) and run up again, or go back with down`,
      cause: error,
    }),
  }
}
