import { quoteIdentifier, quoteTable } from '../../../kernel/identifiers.ts'
import { indexPasses } from '../../index-passes.ts'
import { requiredPasses } from '../../required-passes.ts'
import type { CatalogPass, RowPass, TablePass } from '../../table-passes.ts'
import type { TableState } from '../../table-state.ts'
import type { AddColumnSpec } from './add-column.ts'
import { addStatements, defaultSql, indexName, indexSql, needsBackfill } from './column-sql.ts'

/** The column as the table has it, if it does. */
export function columnOf({ shape }: TableState, column: string): TableState['shape']['columns'][number] | undefined {
  return shape.columns.find(({ name }) => name === column)
}

/** Columns first, so that no exclusive lock outlasts the catalog change; then indexes, values, and that there are some. */
export function columnPasses(spec: AddColumnSpec): readonly TablePass[] {
  const { column, options } = spec
  return [
    addPass(spec),
    ...(options.index === true
      ? indexPasses({
          of: `column ${column}`,
          name: (table) => indexName(spec, table.name),
          isIt: ({ columns, plain }) => plain && columns.length === 1 && columns[0] === column,
          create: (table, how) => indexSql(spec, table, how),
        })
      : []),
    ...(needsBackfill(spec) ? [fillPass(spec)] : []),
    ...(needsBackfill(spec) && options.notNull === true ? requiredPasses(column, 'cutover') : []),
  ]
}

function addPass(spec: AddColumnSpec): CatalogPass {
  return {
    name: 'columns',
    phase: 'expand',
    how: 'together',
    what: `add ${spec.column} ${spec.type}`,
    lock: 'ACCESS EXCLUSIVE for milliseconds, at most 50 tables at once, lock_timeout 500 ms, retried',
    undo: 'drop the column; values others wrote to it are kept in the ledger',
    lacking: `column ${spec.column} is missing`,
    statements: (table) => (columnOf(table, spec.column) === undefined ? addStatements(spec, quoteTable(table)) : []),
  }
}

function fillPass(spec: AddColumnSpec): RowPass {
  const column = quoteIdentifier(spec.column)
  const value = defaultSql(spec) ?? 'null'
  return {
    name: 'values',
    phase: 'backfill',
    how: 'rows',
    what: `fill ${spec.column} with ${value}`,
    lock: 'row locks, about 200 ms a batch',
    undo: 'goes with the column',
    lacking: `rows without a value in column ${spec.column}`,
    fill: (table) =>
      columnOf(table, spec.column)?.notNull === true
        ? undefined
        : { set: `${column} = ${value}`, where: `${column} is null` },
  }
}
