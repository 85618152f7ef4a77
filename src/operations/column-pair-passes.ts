import { quoteIdentifier, quoteTable, quoteLiteral } from '../kernel/identifiers.ts'
import { carryPasses, copyAttributesSql, defaultSql, moveSequence } from './column-carry.ts'
import { columnIn, downSql, isIdentity, newType, outOfStep, upSql } from './column-pair.ts'
import type { ColumnPair } from './column-pair.ts'
import { columnRemovalPasses } from './column-removal.ts'
import { syncTrigger, triggerSql } from './column-sync.ts'
import type { CatalogPass, RowPass, TablePass } from './table-passes.ts'
import type { TableState } from './table-state.ts'

/** The new column beside the old one and in step with it, filled, then alone; and the way back. */
export function pairPasses(pair: ColumnPair): readonly TablePass[] {
  const release = (gone: string) => (table: TableState) => releaseStatements(pair, table, gone)
  return [
    besidePass(pair),
    fillPass(pair),
    ...carryPasses(pair),
    ...columnRemovalPasses({
      phase: 'contract',
      column: pair.old,
      tag: pair.tag,
      usual: () => downSql(pair),
      release: (table) => [...moveStatements(pair, table), ...release(pair.old)(table)],
    }),
    ...columnRemovalPasses({
      phase: 'revert',
      column: pair.new,
      tag: pair.tag,
      usual: () => upSql(pair),
      release: release(pair.new),
    }),
  ]
}

export function hasTrigger(pair: ColumnPair, { shape }: TableState): boolean {
  return shape.triggers.some(({ name }) => name === syncTrigger(pair))
}

function besidePass(pair: ColumnPair): CatalogPass {
  return {
    name: 'beside',
    phase: 'expand',
    how: 'together',
    what: `add ${pair.new}, kept in step with ${pair.old} both ways by a trigger`,
    lock: 'ACCESS EXCLUSIVE for milliseconds, at most 50 tables at once, lock_timeout 500 ms, retried',
    undo: `drop the trigger and ${pair.new}`,
    lacking: `column ${pair.new} is missing, or is not kept in step with ${pair.old}`,
    statements(table) {
      const name = quoteTable(table)
      const old = columnIn(table.shape, pair.old)
      if (columnIn(table.shape, pair.new) === undefined) {
        // Dropped since the plan: the trigger would fail for every writer, so the server's own word for it comes first.
        if (old === undefined) return [`select ${quoteIdentifier(pair.old)} from ${name} limit 0`]
        return [
          `alter table ${name} add column ${quoteIdentifier(pair.new)} ${newType(pair, table.shape)}`,
          copyAttributesSql(pair, `${quoteLiteral(name)}::regclass`),
          triggerSql(pair, name),
        ]
      }
      return old === undefined || hasTrigger(pair, table) ? [] : [triggerSql(pair, name)]
    },
  }
}

function fillPass(pair: ColumnPair): RowPass {
  return {
    name: 'values',
    phase: 'backfill',
    how: 'rows',
    what: `fill ${pair.new} from ${pair.old}`,
    lock: 'row locks, about 200 ms a batch',
    undo: 'goes with the new column',
    lacking: `rows in which ${pair.new} does not follow from ${pair.old}, nor the other way round`,
    // Computed here and not by the trigger: a row that the trigger finds right and leaves alone costs less.
    fill: ({ shape }) =>
      columnIn(shape, pair.old) === undefined
        ? undefined
        : { set: `${quoteIdentifier(pair.new)} = ${upSql(pair)}`, where: outOfStep(pair) },
  }
}

/** Writers that know only the other column go on: the one that goes is required no more. */
function releaseStatements(pair: ColumnPair, table: TableState, gone: string): readonly string[] {
  const name = quoteTable(table)
  return [
    `drop trigger if exists ${quoteIdentifier(syncTrigger(pair))} on ${name}`,
    ...(columnIn(table.shape, gone)?.notNull === true
      ? [`alter table ${name} alter column ${quoteIdentifier(gone)} drop not null`]
      : []),
  ]
}

/** What only one column can have moves to the new one. */
function moveStatements(pair: ColumnPair, table: TableState): readonly string[] {
  const owns = isIdentity(pair) && columnIn(table.shape, pair.old)?.default?.startsWith('nextval(') === true
  return [...defaultSql(pair, table), ...(owns ? moveSequence(table, pair.old, pair.new) : [])]
}
