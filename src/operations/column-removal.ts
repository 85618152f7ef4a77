import { derivedName, quoteIdentifier, quoteTable } from '../kernel/identifiers.ts'
import type { KeptValues } from './kept-values.ts'
import type { WorkPhase } from './operation.ts'
import { smallTable } from './table-state.ts'
import type { CatalogPass } from './table-passes.ts'
import type { TableState } from './table-state.ts'

export interface Removal {
  readonly phase: WorkPhase
  readonly column: string
  /** As users know it, where that is another name. */
  readonly knownAs?: string
  /** Eight hex digits that name the change, for the name a large table's column has on its way out. */
  readonly tag: string
  /** SQL of the value that need not be kept, of the row's other columns; without it the column's default. */
  readonly usual?: (table: TableState) => string | undefined
  /** Without it every table's column goes. */
  readonly isOurs?: (table: TableState) => boolean
  /** Statements that have to come first, in the transaction in which writers lose sight of the column. */
  readonly release?: (table: TableState) => readonly string[]
}

/** What a large table's column is called between its last writer and its end. */
export function hiddenColumn(column: string, tag: string): string {
  return derivedName('lockstep_dropped', column, tag)
}

/**
 * Removes a column; every value that is not the default is kept in the ledger first. In a large table the column is
 * renamed before it is read, so that nobody writes to it and no exclusive lock is held across the read.
 */
export function columnRemovalPasses({
  phase,
  column,
  knownAs = column,
  tag,
  usual,
  isOurs = () => true,
  release = () => [],
}: Removal): readonly CatalogPass[] {
  const hidden = hiddenColumn(column, tag)
  const has = ({ shape }: TableState, name: string): boolean => shape.columns.some((each) => each.name === name)
  const goes = (table: TableState): boolean => has(table, column) && isOurs(table)
  const alter = (table: TableState, what: string): string => `alter table ${quoteTable(table)} ${what}`
  const keep = (table: TableState, now: string): KeptValues => ({
    table,
    key: table.shape.primaryKey,
    column: now,
    knownAs,
    usual: usual === undefined ? table.shape.columns.find(({ name }) => name === now)?.default : usual(table),
  })
  const shared = { phase, undo: 'its values are in lockstep.kept_values', lacking: `column ${column} is still there` }
  return [
    {
      ...shared,
      name: 'drop column',
      how: 'together',
      what: `drop ${column}, its values kept in the ledger`,
      lock: 'ACCESS EXCLUSIVE for milliseconds, at most 50 tables at once',
      keeps: (table) => (goes(table) && table.bytes <= smallTable ? keep(table, column) : undefined),
      statements: (table) =>
        !goes(table)
          ? []
          : [
              ...release(table),
              table.bytes <= smallTable
                ? alter(table, `drop column ${quoteIdentifier(column)}`)
                : alter(table, `rename column ${quoteIdentifier(column)} to ${quoteIdentifier(hidden)}`),
            ],
    },
    {
      ...shared,
      name: 'drop hidden column',
      how: 'one by one',
      what: `drop ${column} of large tables, renamed before it is read`,
      lock: 'none that blocks while it is read, ACCESS EXCLUSIVE for milliseconds at the end',
      keeps: (table) => (has(table, hidden) ? keep(table, hidden) : undefined),
      statements: (table) => (has(table, hidden) ? [alter(table, `drop column ${quoteIdentifier(hidden)}`)] : []),
    },
  ]
}
