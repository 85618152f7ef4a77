import { derivedName, quoteIdentifier, quoteTable } from '../kernel/identifiers.ts'
import type { WorkPhase } from './operation.ts'
import type { CatalogPass } from './table-passes.ts'
import { tinyTable } from './table-state.ts'
import type { TableState } from './table-state.ts'

/** The name of the check; not the one that PostgreSQL 18 gives to NOT NULL itself, which would have to take another. */
export function requirementName(table: string, column: string): string {
  return derivedName(table, column, 'required')
}

/** Tiny tables that are read in one transaction under an exclusive lock, which is all that each takes: milliseconds. */
export const readAtOnce = { atOnce: 100, locks: 2, bytesAtOnce: 1024 * 1024 } as const
export const readAtOnceLock = 'ACCESS EXCLUSIVE for milliseconds, at most 100 tables and 1 MiB of them at once'

/**
 * NOT NULL without a scan under an exclusive lock: a check NOT VALID, validated, then SET NOT NULL trusts it. Tiny tables
 * are read under the lock of SET NOT NULL itself, which takes no longer than to add the check and to drop it.
 */
export function requiredPasses(column: string, phase: WorkPhase): readonly CatalogPass[] {
  const requirement = requirementOf(column)
  const every = { phase, undo: 'goes with the requirement', lacking: `column ${column} can be null` }
  const shared = { ...every, sizes: { over: tinyTable, lone: true } }
  return [
    {
      ...every,
      name: 'require in small tables',
      how: 'together',
      what: `set ${column} of small tables not null`,
      lock: readAtOnceLock,
      sizes: { most: tinyTable, lone: true },
      ...readAtOnce,
      statements: requirement.atOnce,
    },
    {
      ...shared,
      name: 'check',
      how: 'together',
      what: `check that ${column} is not null, for new rows`,
      lock: 'ACCESS EXCLUSIVE for milliseconds',
      statements: requirement.check,
    },
    {
      ...shared,
      name: 'validate',
      how: 'one by one',
      what: `validate it for the rows there are`,
      lock: 'SHARE UPDATE EXCLUSIVE: readers and writers go on',
      statements: requirement.validate,
    },
    {
      ...shared,
      name: 'require',
      how: 'together',
      what: `set ${column} not null, which trusts the check, and drop that`,
      lock: 'ACCESS EXCLUSIVE for milliseconds',
      statements: requirement.require,
    },
  ]
}

type Statements = CatalogPass['statements']

function requirementOf(column: string): Readonly<Record<'atOnce' | 'check' | 'validate' | 'require', Statements>> {
  const quoted = quoteIdentifier(column)
  const nameOf = (table: TableState): string => requirementName(table.name, column)
  const checkOf = (table: TableState): TableState['shape']['constraints'][number] | undefined =>
    table.shape.constraints.find(({ name }) => name === nameOf(table))
  const isRequired = ({ shape }: TableState): boolean =>
    shape.columns.find(({ name }) => name === column)?.notNull === true
  const alter = (table: TableState, what: string): string => `alter table ${quoteTable(table)} ${what}`
  const drop = (table: TableState): string => alter(table, `drop constraint ${quoteIdentifier(nameOf(table))}`)
  const require = (table: TableState): string => alter(table, `alter column ${quoted} set not null`)
  return {
    // The check is what a run left that found the table larger.
    atOnce: (table) => [
      ...(isRequired(table) ? [] : [require(table)]),
      ...(checkOf(table) === undefined ? [] : [drop(table)]),
    ],
    check: (table) =>
      isRequired(table) || checkOf(table) !== undefined
        ? []
        : [alter(table, `add constraint ${quoteIdentifier(nameOf(table))} check (${quoted} is not null) not valid`)],
    validate: (table) =>
      isRequired(table) || checkOf(table)?.validated === true
        ? []
        : [alter(table, `validate constraint ${quoteIdentifier(nameOf(table))}`)],
    require: (table) => [
      ...(isRequired(table) ? [] : [require(table)]),
      ...(isRequired(table) && checkOf(table) === undefined ? [] : [drop(table)]),
    ],
  }
}
