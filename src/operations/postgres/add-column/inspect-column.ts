import { LockstepError } from '../../../kernel/errors.ts'
import { printTable, quoteIdentifier, quoteTable } from '../../../kernel/identifiers.ts'
import { listed } from '../../../tenants/fleet.ts'
import { checkLiteral, resolveType } from '../../column-types.ts'
import type { ColumnType } from '../../column-types.ts'
import type { Finding, Look } from '../../operation.ts'
import type { Inspected, Inspection } from '../../structure-operation.ts'
import type { Unfit } from '../../unfit-tables.ts'
import { walkingKey, withoutKey } from '../../row-pages.ts'
import type { TableState } from '../../table-state.ts'
import type { AddColumnSpec } from './add-column.ts'
import { columnOf } from './column-passes.ts'
import { defaultSql, indexName, needsBackfill } from './column-sql.ts'

/** That the server knows the type, the default is one of it, and no table has another column of that name. */
export async function inspectColumn(spec: AddColumnSpec, { tables, todo, look }: Inspection): Promise<Inspected> {
  const type = await look.tables.read(async (q) => {
    const resolved = await resolveType(q, spec.type)
    const value = spec.options.default
    if (value !== undefined && typeof value !== 'object') await checkLiteral(q, String(value), resolved, spec.column)
    return resolved
  })
  return {
    problems: nameProblems(spec, tables),
    unfit: [...wrongColumns(spec, type, tables), ...keyProblems(spec, todo)],
    basis: { type: type.printed, default: defaultSql(spec) ?? null },
  }
}

function wrongColumns(spec: AddColumnSpec, type: ColumnType, tables: readonly TableState[]): readonly Unfit[] {
  const wrong = tables.filter((table) => (columnOf(table, spec.column)?.type ?? type.printed) !== type.printed)
  const [first] = wrong
  if (first === undefined) return []
  const found = columnOf(first, spec.column)?.type ?? ''
  const error = new LockstepError(
    'LS-2104',
    `column "${spec.column}" is ${found} in ${wrong.length} of ${tables.length} tables, not ${type.printed}`,
    {
      where: { name: listed(wrong.map(printTable)) },
      why: 'those tables were altered outside Lockstep; nothing has been changed by this run',
      hint: `drop or rename the column there (alter table ${quoteTable(first)} rename column ${quoteIdentifier(spec.column)} to …), then plan again`,
    },
  )
  return [{ tables: wrong, error }]
}

/** Names are checked before anything runs: quoting refuses what Postgres would cut. */
function nameProblems(spec: AddColumnSpec, tables: readonly TableState[]): readonly LockstepError[] {
  const problems: LockstepError[] = []
  for (const table of tables) {
    try {
      quoteTable(table)
      quoteIdentifier(indexName(spec, table.name))
    } catch (error) {
      if (!(error instanceof LockstepError)) throw error
      problems.push(error)
    }
  }
  return problems.slice(0, 5)
}

/** Rows are filled in the order of their keys. */
function keyProblems(spec: AddColumnSpec, todo: readonly TableState[]): readonly Unfit[] {
  const without = needsBackfill(spec) ? todo.filter(({ shape }) => walkingKey(shape).length === 0) : []
  return without.length === 0 ? [] : [{ tables: without, error: withoutKey(listed(without.map(printTable))) }]
}

/** Columns that were there before, or made since, in another shape than the step's. */
export async function* wrongShapes(
  spec: AddColumnSpec,
  tables: readonly TableState[],
  look: Look,
): AsyncGenerator<Finding> {
  const type = await look.tables.read((q) => resolveType(q, spec.type))
  for (const table of tables) {
    const column = columnOf(table, spec.column)
    if (column === undefined) continue
    const where = printTable(table)
    if (column.type !== type.printed)
      yield { where, problem: `column ${spec.column} is ${column.type}, not ${type.printed}` }
    if (spec.options.notNull === true && !needsBackfill(spec) && !column.notNull)
      yield { where, problem: `column ${spec.column} can be null` }
    if (spec.options.default !== undefined && column.default === undefined)
      yield { where, problem: `column ${spec.column} has no default` }
  }
}
