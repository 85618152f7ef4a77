import { derivedName, quoteIdentifier, quoteTable } from '../kernel/identifiers.ts'
import type { WorkPhase } from './operation.ts'
import type { CatalogPass } from './table-passes.ts'
import type { TableState } from './table-state.ts'

/** The name of the check; not the one that PostgreSQL 18 gives to NOT NULL itself, which would have to take another. */
export function requirementName(table: string, column: string): string {
  return derivedName(table, column, 'required')
}

/** NOT NULL without a scan under an exclusive lock: a check NOT VALID, validated, then SET NOT NULL trusts it. */
export function requiredPasses(column: string, phase: WorkPhase): readonly CatalogPass[] {
  const requirement = requirementOf(column)
  const shared = { phase, undo: 'goes with the requirement', lacking: `column ${column} can be null` }
  return [
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

function requirementOf(column: string): Readonly<Record<'check' | 'validate' | 'require', Statements>> {
  const quoted = quoteIdentifier(column)
  const nameOf = (table: TableState): string => requirementName(table.name, column)
  const checkOf = (table: TableState): TableState['shape']['constraints'][number] | undefined =>
    table.shape.constraints.find(({ name }) => name === nameOf(table))
  const isRequired = ({ shape }: TableState): boolean =>
    shape.columns.find(({ name }) => name === column)?.notNull === true
  const alter = (table: TableState, what: string): string => `alter table ${quoteTable(table)} ${what}`
  return {
    check: (table) =>
      isRequired(table) || checkOf(table) !== undefined
        ? []
        : [alter(table, `add constraint ${quoteIdentifier(nameOf(table))} check (${quoted} is not null) not valid`)],
    validate: (table) =>
      isRequired(table) || checkOf(table)?.validated === true
        ? []
        : [alter(table, `validate constraint ${quoteIdentifier(nameOf(table))}`)],
    require: (table) => [
      ...(isRequired(table) ? [] : [alter(table, `alter column ${quoted} set not null`)]),
      ...(isRequired(table) && checkOf(table) === undefined
        ? []
        : [alter(table, `drop constraint ${quoteIdentifier(nameOf(table))}`)]),
    ],
  }
}
