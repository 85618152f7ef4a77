import { quoteIdentifier, quoteTable } from '../../../kernel/identifiers.ts'
import { columnIn } from '../../column-checks.ts'
import { hiddenColumn } from '../../column-removal.ts'
import type { KeptValues } from '../../kept-values.ts'
import { requiredPasses } from '../../required-passes.ts'
import { walkingKey } from '../../row-pages.ts'
import type { CatalogPass } from '../../table-passes.ts'
import { smallTable } from '../../table-state.ts'
import type { TableState } from '../../table-state.ts'
import type { DropColumnSpec } from './drop-column.ts'
import { markName, tagOf } from './drop-extension.ts'
import { recipeOf } from './recipe.ts'

function hiddenName(spec: DropColumnSpec): string {
  return hiddenColumn(spec.column, tagOf(spec))
}

export const hasMark = (spec: DropColumnSpec, { shape }: TableState): boolean =>
  shape.constraints.some(({ name }) => name === markName(spec))

const isGone = (spec: DropColumnSpec, table: TableState): boolean =>
  columnIn(table, spec.column) === undefined && columnIn(table, hiddenName(spec)) === undefined

const alter = (table: TableState, what: string): string => `alter table ${quoteTable(table)} ${what}`

/** Not required from expand on, hidden and dropped in contract. */
export function dropPasses(spec: DropColumnSpec): readonly CatalogPass[] {
  return [relaxPass(spec), hidePass(spec), ...goingPasses(spec), markGone(spec, 'contract'), ...backPasses(spec)]
}

function relaxPass(spec: DropColumnSpec): CatalogPass {
  const column = quoteIdentifier(spec.column)
  return {
    name: 'not required',
    phase: 'expand',
    how: 'together',
    what: `let ${spec.column} be left out: it has no default`,
    lock: 'ACCESS EXCLUSIVE for milliseconds',
    undo: 'required again, unless rows were written without it',
    lacking: `column ${spec.column} is required and has no default`,
    statements: (table) => {
      const found = columnIn(table, spec.column)
      return found?.notNull === true && found.default === undefined
        ? [
            alter(table, `alter column ${column} drop not null`),
            ...(hasMark(spec, table) ? [] : [alter(table, `add constraint ${markName(spec)} check (true) not valid`)]),
          ]
        : []
    },
  }
}

const contract = { phase: 'contract', undo: 'none: complete has no way back' } as const

/** Out of everybody's sight first: what is written no more can be read without a lock. */
function hidePass(spec: DropColumnSpec): CatalogPass {
  const [column, hidden] = [quoteIdentifier(spec.column), quoteIdentifier(hiddenName(spec))]
  return {
    ...contract,
    name: 'hide',
    how: 'together',
    what: `rename ${spec.column}, so that nobody writes to it any more`,
    lock: 'ACCESS EXCLUSIVE for milliseconds',
    lacking: `column ${spec.column} is still there`,
    also: async (q, table) => ({ recipe: await recipeOf(q, table, spec.column) }),
    statements: (table) =>
      columnIn(table, spec.column) === undefined ? [] : [alter(table, `rename column ${column} to ${hidden}`)],
  }
}

function goingPasses(spec: DropColumnSpec): readonly CatalogPass[] {
  const hidden = hiddenName(spec)
  const keeps = (table: TableState): KeptValues => ({
    table,
    key: walkingKey(table.shape),
    column: hidden,
    knownAs: spec.column,
    usual: undefined,
    why: `column ${spec.column} is dropped; its values are in lockstep.kept_values`,
  })
  const pass = (name: string, how: CatalogPass['how'], isSmall: boolean): CatalogPass => {
    const isOpen = (table: TableState): boolean =>
      columnIn(table, hidden) !== undefined && table.bytes <= smallTable === isSmall
    return {
      ...contract,
      name,
      how,
      what: `drop ${spec.column} of ${isSmall ? 'small' : 'large'} tables, its values kept in the ledger`,
      lock: `ACCESS EXCLUSIVE for milliseconds${isSmall ? '' : ' at the end, none while it is read'}`,
      lacking: `column ${spec.column} is hidden, not dropped`,
      keeps: (table) => (isOpen(table) ? keeps(table) : undefined),
      statements: (table) => (isOpen(table) ? [alter(table, `drop column ${quoteIdentifier(hidden)}`)] : []),
    }
  }
  return [pass('drop', 'together', true), pass('drop large', 'one by one', false)]
}

function markGone(spec: DropColumnSpec, phase: 'contract' | 'revert'): CatalogPass {
  return {
    name: `mark gone, ${phase}`,
    phase,
    how: 'together',
    what: 'drop the mark that it was required',
    lock: 'ACCESS EXCLUSIVE for milliseconds',
    undo: 'none needed',
    lacking: 'the mark of a dropped column is still there',
    // In contract only once the column is gone: until then it is what the way back needs.
    statements: (table) =>
      hasMark(spec, table) && (phase === 'revert' || isGone(spec, table))
        ? [alter(table, `drop constraint ${markName(spec)}`)]
        : [],
  }
}

function backPasses(spec: DropColumnSpec): readonly CatalogPass[] {
  const [column, hidden] = [quoteIdentifier(spec.column), quoteIdentifier(hiddenName(spec))]
  const required = requiredPasses(spec.column, 'revert').map((pass) => ({
    ...pass,
    statements: (table: TableState) =>
      hasMark(spec, table) && columnIn(table, spec.column) !== undefined ? pass.statements(table) : [],
  }))
  return [
    missingPass(spec),
    {
      name: 'back in sight',
      phase: 'revert',
      how: 'together',
      what: `give ${spec.column} its name back`,
      lock: 'ACCESS EXCLUSIVE for milliseconds',
      undo: '',
      lacking: `column ${spec.column} is still hidden`,
      statements: (table) =>
        columnIn(table, hiddenName(spec)) === undefined || columnIn(table, spec.column) !== undefined
          ? []
          : [alter(table, `rename column ${hidden} to ${column}`)],
    },
    ...required,
    markGone(spec, 'revert'),
  ]
}

/** Finds the tables that `bringBack` makes the column again for; those it knows no recipe of stay as they are. */
export function missingPass(spec: DropColumnSpec): CatalogPass {
  return {
    name: 'missing',
    phase: 'revert',
    how: 'together',
    what: `make ${spec.column} again`,
    lock: 'ACCESS EXCLUSIVE while its values are put back',
    undo: '',
    lacking: `column ${spec.column} is missing`,
    statements: (table) => (isGone(spec, table) ? ['select 1'] : []),
  }
}
