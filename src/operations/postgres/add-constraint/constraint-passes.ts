import { quoteIdentifier, quoteTable } from '../../../kernel/identifiers.ts'
import { columnIn } from '../../column-checks.ts'
import { indexPasses, indexRemovalPasses } from '../../index-passes.ts'
import { readAtOnce, readAtOnceLock } from '../../required-passes.ts'
import type { CatalogPass, TablePass } from '../../table-passes.ts'
import { tinyTable } from '../../table-state.ts'
import type { TableState } from '../../table-state.ts'
import type { AddConstraintSpec } from './add-constraint.ts'
import {
  constraintIn,
  constraintName,
  definitionSql,
  markDefinition,
  markName,
  printConstraint,
  quotedColumns,
  referencedTable,
} from './constraint-sql.ts'
import { refusedRows } from './inspect-constraint.ts'

/** All in the cutover: from then on clients get errors for rows that violate it. */
export function constraintPasses(spec: AddConstraintSpec): readonly TablePass[] {
  const forward = (): readonly TablePass[] => {
    switch (spec.rule.kind) {
      case 'check':
        return [smallCheckPass(spec), ...[addPass(spec), validatePass(spec)].map(ofLarger)]
      case 'foreign key':
        return [addPass(spec), validatePass(spec)]
      case 'unique':
        return [...uniqueIndexPasses(spec), attachPass(spec)]
      case 'primary key':
        return [...markPasses(spec), ...uniqueIndexPasses(spec), attachPass(spec), unmarkPass(spec)]
    }
  }
  return [...forward(), ...backPasses(spec)]
}

const alter = (table: TableState, what: string): string => `alter table ${quoteTable(table)} ${what}`

const quotedName = (spec: AddConstraintSpec, table: TableState): string =>
  quoteIdentifier(constraintName(spec, table.name))

function shared(spec: AddConstraintSpec) {
  return {
    phase: 'cutover',
    undo: 'drop the constraint',
    lacking: `${printConstraint(spec)} is missing`,
    refused: (table: TableState, error: unknown) => refusedRows(spec, table, error),
  } as const
}

const ofLarger = (pass: CatalogPass): CatalogPass => ({ ...pass, sizes: { over: tinyTable, lone: true } })

/** Tiny tables are read under the lock of the very statement that adds the check. */
function smallCheckPass(spec: AddConstraintSpec): CatalogPass {
  return {
    ...shared(spec),
    name: 'small checks',
    how: 'together',
    what: `add ${printConstraint(spec)} to small tables`,
    lock: readAtOnceLock,
    sizes: { most: tinyTable, lone: true },
    ...readAtOnce,
    statements(table) {
      const found = constraintIn(spec, table)
      if (found?.validated === true) return []
      const name = quotedName(spec, table)
      return [
        alter(table, found ? `validate constraint ${name}` : `add constraint ${name} ${definitionSql(spec.rule, '')}`),
      ]
    },
  }
}

function addPass(spec: AddConstraintSpec): CatalogPass {
  const { rule } = spec
  const isForeign = rule.kind === 'foreign key'
  const definition = (table: TableState): string =>
    definitionSql(rule, isForeign ? referencedTable(rule.references, table.key) : '')
  return {
    ...shared(spec),
    name: 'add',
    how: 'together',
    what: `add ${printConstraint(spec)}, for rows written from now on`,
    lock: isForeign
      ? `SHARE ROW EXCLUSIVE (writers wait) on both tables for milliseconds, at most 10 at once`
      : 'ACCESS EXCLUSIVE for milliseconds',
    ...(isForeign ? { atOnce: 10, locks: 8 } : {}),
    statements: (table) =>
      constraintIn(spec, table) === undefined
        ? [alter(table, `add constraint ${quotedName(spec, table)} ${definition(table)} not valid`)]
        : [],
  }
}

function validatePass(spec: AddConstraintSpec): CatalogPass {
  const isForeign = spec.rule.kind === 'foreign key'
  return {
    ...shared(spec),
    name: 'validate',
    how: 'one by one',
    what: 'validate it for the rows there are',
    lock: `SHARE UPDATE EXCLUSIVE${isForeign ? ', ROW SHARE on the other table' : ''}: readers and writers go on`,
    ...(isForeign ? { locks: 8 } : {}),
    statements: (table) =>
      constraintIn(spec, table)?.validated === true
        ? []
        : [alter(table, `validate constraint ${quotedName(spec, table)}`)],
  }
}

/** The index first, concurrently; the constraint takes it over. */
function uniqueIndexPasses(spec: AddConstraintSpec): readonly CatalogPass[] {
  const columns = spec.rule.kind === 'unique' || spec.rule.kind === 'primary key' ? spec.rule.columns : []
  const passes = indexPasses({
    of: printConstraint(spec),
    name: (table) => constraintName(spec, table.name),
    isIt: (index, table) => index.name === constraintName(spec, table.name),
    create: (table, how) =>
      `create unique index ${how === 'concurrently' ? 'concurrently ' : ''}${quoteIdentifier(constraintName(spec, table.name))} on ${quoteTable(table)} (${quotedColumns(columns)})`,
    phase: 'cutover',
    refused: (table, error) => refusedRows(spec, table, error)?.error,
  })
  return passes.map((pass) => ({
    ...pass,
    statements: (table) => (constraintIn(spec, table) === undefined ? pass.statements(table) : []),
  }))
}

function attachPass(spec: AddConstraintSpec): CatalogPass {
  const { rule } = spec
  const required = rule.kind === 'primary key' ? rule.columns : []
  return {
    ...shared(spec),
    name: 'attach',
    how: 'together',
    what: `make the index the ${rule.kind}${required.length === 0 ? '' : ', its columns not null by the validated checks'}`,
    lock: 'ACCESS EXCLUSIVE for milliseconds',
    statements: (table) =>
      constraintIn(spec, table) !== undefined
        ? []
        : [
            ...required
              .filter((column) => columnIn(table, column)?.notNull !== true)
              .map((column) => alter(table, `alter column ${quoteIdentifier(column)} set not null`)),
            alter(
              table,
              `add constraint ${quotedName(spec, table)} ${rule.kind} using index ${quotedName(spec, table)}`,
            ),
          ],
  }
}

type Mark = TableState['shape']['constraints'][number] | undefined

function marksOf(
  spec: AddConstraintSpec,
  table: TableState,
): readonly { readonly column: string; readonly mark: Mark }[] {
  const columns = spec.rule.kind === 'primary key' ? spec.rule.columns : []
  return columns.map((column) => ({
    column,
    mark: table.shape.constraints.find(({ name }) => name === markName(spec, column)),
  }))
}

/** Checks that the columns of a primary key are not null: what SET NOT NULL trusts, and what `down` knows them by. */
function markPasses(spec: AddConstraintSpec): readonly CatalogPass[] {
  const open = (table: TableState): ReturnType<typeof marksOf> =>
    constraintIn(spec, table) !== undefined
      ? []
      : marksOf(spec, table).filter(({ column }) => columnIn(table, column)?.notNull !== true)
  return [
    {
      ...shared(spec),
      name: 'not null',
      how: 'together',
      what: 'check that its columns are not null, for rows written from now on',
      lock: 'ACCESS EXCLUSIVE for milliseconds',
      statements: (table) =>
        open(table).flatMap(({ column, mark }) =>
          mark === undefined ? [alter(table, `${markDefinition(spec, column)} not valid`)] : [],
        ),
    },
    {
      ...shared(spec),
      name: 'validate not null',
      how: 'one by one',
      what: 'validate that for the rows there are',
      lock: 'SHARE UPDATE EXCLUSIVE: readers and writers go on',
      statements: (table) =>
        open(table).flatMap(({ column, mark }) =>
          mark?.validated === true
            ? []
            : [alter(table, `validate constraint ${quoteIdentifier(markName(spec, column))}`)],
        ),
    },
  ]
}

function dropMarks(spec: AddConstraintSpec, table: TableState): readonly string[] {
  return marksOf(spec, table).flatMap(({ column, mark }) =>
    mark === undefined ? [] : [alter(table, `drop constraint ${quoteIdentifier(markName(spec, column))}`)],
  )
}

function unmarkPass(spec: AddConstraintSpec): CatalogPass {
  return {
    ...shared(spec),
    name: 'checks gone',
    phase: 'contract',
    how: 'together',
    what: 'drop the checks',
    lock: 'ACCESS EXCLUSIVE for milliseconds',
    lacking: 'checks of the primary key are still there',
    // Only once the key is there: before that they are what it is made by.
    statements: (table) => (constraintIn(spec, table) === undefined ? [] : dropMarks(spec, table)),
  }
}

function backPasses(spec: AddConstraintSpec): readonly CatalogPass[] {
  const isForeign = spec.rule.kind === 'foreign key'
  const hasOwn = (table: TableState): boolean =>
    table.shape.constraints.some(({ name }) => name === constraintName(spec, table.name))
  const gone: CatalogPass = {
    phase: 'revert',
    name: 'constraint gone',
    how: 'together',
    what: `drop ${printConstraint(spec)}`,
    lock: `ACCESS EXCLUSIVE${isForeign ? ' on both tables' : ''} for milliseconds`,
    undo: '',
    lacking: `${printConstraint(spec)} is still there`,
    ...(isForeign ? { atOnce: 10, locks: 8 } : {}),
    statements: (table) => [
      ...(hasOwn(table) ? [alter(table, `drop constraint ${quotedName(spec, table)}`)] : []),
      ...marksOf(spec, table).flatMap(({ column, mark }) =>
        mark === undefined || columnIn(table, column)?.notNull !== true
          ? []
          : [alter(table, `alter column ${quoteIdentifier(column)} drop not null`)],
      ),
      ...dropMarks(spec, table),
    ],
  }
  const hasIndex = spec.rule.kind === 'unique' || spec.rule.kind === 'primary key'
  return hasIndex
    ? [gone, ...indexRemovalPasses(printConstraint(spec), (table) => constraintName(spec, table.name))]
    : [gone]
}
