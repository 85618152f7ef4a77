import type { AlterTableCmd, AlterTableStmt, AlterTableType, ColumnDef, Constraint, CreateStmt } from 'libpg-query'
import { asNode, nodesIn } from './tree.ts'

/** A constraint that a statement adds to a table, and the column it is written at. */
export interface AddedConstraint {
  readonly constraint: Constraint
  /** The column that is added together with it; undefined for a constraint of the table. */
  readonly column: ColumnDef | undefined
}

/** The parts of an ALTER TABLE of that kind. */
export function commandsOf(statement: AlterTableStmt, subtype: AlterTableType): readonly AlterTableCmd[] {
  return nodesIn(statement.cmds, 'AlterTableCmd').filter((command) => command.subtype === subtype)
}

/** The columns that ALTER TABLE adds. */
export function addedColumns(statement: AlterTableStmt): readonly ColumnDef[] {
  return commandsOf(statement, 'AT_AddColumn').flatMap(({ def }) => asNode(def, 'ColumnDef') ?? [])
}

/** The columns of CREATE TABLE. */
export function columnsOf({ tableElts }: CreateStmt): readonly ColumnDef[] {
  return nodesIn(tableElts, 'ColumnDef')
}

/** A column's constraints of a kind. */
export function columnConstraints(column: ColumnDef, contype: Constraint['contype']): readonly Constraint[] {
  return nodesIn(column.constraints, 'Constraint').filter((each) => each.contype === contype)
}

/** Every constraint that ALTER TABLE adds, those written at new columns included. */
export function addedConstraints(
  statement: AlterTableStmt,
  contype: Constraint['contype'],
): readonly AddedConstraint[] {
  const own = commandsOf(statement, 'AT_AddConstraint').flatMap(({ def }) => asNode(def, 'Constraint') ?? [])
  return [
    ...own
      .filter((constraint) => constraint.contype === contype)
      .map((constraint) => ({ constraint, column: undefined })),
    ...addedColumns(statement).flatMap((column) =>
      columnConstraints(column, contype).map((constraint) => ({ constraint, column })),
    ),
  ]
}
