import { quoteIdentifier, quoteTable } from '../../../kernel/identifiers.ts'
import { columnIn } from '../../column-checks.ts'
import { requiredPasses, requirementName } from '../../required-passes.ts'
import type { CatalogPass, RowPass, TablePass } from '../../table-passes.ts'
import type { TableState } from '../../table-state.ts'
import { companionOf, fillSql, triggerName, triggerSql } from './fill-trigger.ts'
import { refusedNulls } from './inspect-nulls.ts'
import type { SetNotNullSpec } from './set-not-null.ts'

/** Filled from expand on, required in the cutover, no longer filled from contract on. */
export function notNullPasses(spec: SetNotNullSpec): readonly TablePass[] {
  const required = requiredPasses(spec.column, 'cutover').map((pass) => ({
    ...pass,
    refused: (table: TableState, error: unknown) => refusedNulls(spec, table, error),
  }))
  const isFilled = spec.options.fill !== undefined
  return [
    ...(isFilled ? [triggerPass(spec), fillPass(spec)] : []),
    ...required,
    ...(isFilled ? [withoutTrigger(spec)] : []),
    backPass(spec),
  ]
}

const isRequired = ({ column }: SetNotNullSpec, table: TableState): boolean => columnIn(table, column)?.notNull === true

const hasTrigger = (spec: SetNotNullSpec, { shape }: TableState): boolean =>
  shape.triggers.some(({ name }) => name === triggerName(spec))

function triggerPass(spec: SetNotNullSpec): CatalogPass {
  // Contract takes the function away: a table found after that is filled and required without the trigger.
  const guarded = (table: TableState): string => `do $lockstep$ begin
  if ${companionOf(spec)?.exists ?? 'true'} then ${triggerSql(spec, quoteTable(table))}; end if; end $lockstep$`
  return {
    name: 'fill trigger',
    phase: 'expand',
    how: 'together',
    what: `fill ${spec.column} of rows that are written without it, by a trigger, until contract`,
    lock: 'SHARE ROW EXCLUSIVE (writers wait) for milliseconds',
    undo: 'drop the trigger',
    lacking: `column ${spec.column} is not filled by a trigger`,
    statements: (table) => (isRequired(spec, table) || hasTrigger(spec, table) ? [] : [guarded(table)]),
  }
}

function fillPass(spec: SetNotNullSpec): RowPass {
  const column = quoteIdentifier(spec.column)
  return {
    name: 'values',
    phase: 'backfill',
    how: 'rows',
    what: `fill ${spec.column} with ${fillSql(spec)}`,
    lock: 'row locks, about 100 ms a batch',
    undo: 'NULL again where the row still has the value it was given',
    lacking: `rows without a value in column ${spec.column}`,
    fill: (table) =>
      isRequired(spec, table)
        ? undefined
        : { set: `${column} = (${fillSql(spec)})`, where: `${column} is null`, remembers: spec.column },
  }
}

function withoutTrigger(spec: SetNotNullSpec): CatalogPass {
  return {
    name: 'no trigger',
    phase: 'contract',
    how: 'together',
    what: `drop the trigger that fills ${spec.column}`,
    lock: 'ACCESS EXCLUSIVE for milliseconds',
    undo: 'none: complete has no way back',
    lacking: `column ${spec.column} is still filled by a trigger`,
    statements: (table) => (hasTrigger(spec, table) ? [dropTrigger(spec, table)] : []),
  }
}

function dropTrigger(spec: SetNotNullSpec, table: TableState): string {
  return `drop trigger ${triggerName(spec)} on ${quoteTable(table)}`
}

function backPass(spec: SetNotNullSpec): CatalogPass {
  const alter = (table: TableState, what: string): string => `alter table ${quoteTable(table)} ${what}`
  const checkName = (table: TableState): string => requirementName(table.name, spec.column)
  return {
    name: 'requirement gone',
    phase: 'revert',
    how: 'together',
    what: `drop the requirement on ${spec.column}`,
    lock: 'ACCESS EXCLUSIVE for milliseconds',
    undo: '',
    lacking: `column ${spec.column} is still required`,
    statements: (table) => [
      ...(hasTrigger(spec, table) ? [dropTrigger(spec, table)] : []),
      ...(isRequired(spec, table) ? [alter(table, `alter column ${quoteIdentifier(spec.column)} drop not null`)] : []),
      ...(table.shape.constraints.some(({ name }) => name === checkName(table))
        ? [alter(table, `drop constraint ${quoteIdentifier(checkName(table))}`)]
        : []),
    ],
  }
}
