import { quoteIdentifier, quoteTable } from '../../../kernel/identifiers.ts'
import { columnIn, downSql, upSql } from '../../column-pair.ts'
import { columnRemovalPasses } from '../../column-removal.ts'
import { syncTrigger, triggerSql } from '../../column-sync.ts'
import type { CatalogPass } from '../../table-passes.ts'
import { smallTable } from '../../table-state.ts'
import type { TableState } from '../../table-state.ts'
import { leavingColumn, pairsOf, pastName, stateOfSwap, swapTag } from './swap.ts'
import type { Swap } from './swap.ts'
import { primaryKeyOf, retypeSql, sequenceTypeSql, spelled, swapBackStatements } from './swap-sql.ts'

const alter = (table: TableState, what: string): string => `alter table ${quoteTable(table)} ${what}`

const back = { phase: 'revert', undo: '', lock: 'ACCESS EXCLUSIVE for milliseconds' } as const

/** The exchange the other way round, and the hidden column goes. */
export function swapBackPasses(swap: Swap): readonly CatalogPass[] {
  const { after } = pairsOf(swap)
  return [
    {
      ...back,
      name: 'bring back',
      how: 'one by one',
      what: `show the ${swap.from} column again that was on its way out`,
      lock: 'ACCESS EXCLUSIVE while it is filled with what was written since',
      lacking: `column ${swap.column} is still ${swap.to}`,
      statements: (table) => (stateOfSwap(swap, table) === 'leaving' ? bringBack(swap, table) : []),
    },
    {
      ...back,
      name: 'swap back',
      how: 'together',
      what: `give the ${swap.from} column its name again`,
      locks: 16,
      lacking: `column ${swap.column} is still ${swap.to}`,
      statements: (table) => (stateOfSwap(swap, table) === 'swapped' ? swapBackStatements(swap, table) : []),
    },
    {
      ...back,
      name: 'retype',
      how: 'one by one',
      what: `make ${swap.column} ${swap.from} again where no column of that type is left`,
      lock: 'ACCESS EXCLUSIVE while the table is written anew',
      lacking: `column ${swap.column} is still ${swap.to}`,
      statements: (table) =>
        stateOfSwap(swap, table) === 'done'
          ? [
              retypeSql(spelled(table), { column: swap.column, to: swap.from, value: after.down }),
              sequenceTypeSql(spelled(table).literal, swap.column, { from: swap.to, to: swap.from }),
            ]
          : [],
    },
    ...youngRemovalPasses(swap),
    ...spareRemovalPasses(swap),
  ]
}

function youngRemovalPasses(swap: Swap): readonly CatalogPass[] {
  const { before } = pairsOf(swap)
  return columnRemovalPasses({
    phase: 'revert',
    column: before.new,
    knownAs: swap.column,
    tag: swapTag(swap),
    usual: () => upSql(before),
    release: (table) => [
      `drop trigger if exists ${quoteIdentifier(syncTrigger(before))} on ${quoteTable(table)}`,
      ...(columnIn(table.shape, before.new)?.notNull === true
        ? [alter(table, `alter column ${quoteIdentifier(before.new)} drop not null`)]
        : []),
    ],
  })
}

/** Hidden from everybody since contract let go of it: the rows written meanwhile are not in it. */
function bringBack(swap: Swap, table: TableState): readonly string[] {
  const { after } = pairsOf(swap)
  const old = quoteIdentifier(after.old)
  return [
    alter(table, `rename column ${quoteIdentifier(leavingColumn(swap))} to ${old}`),
    `update ${quoteTable(table)} set ${old} = ${downSql(after)} where ${old} is distinct from ${downSql(after)}`,
    ...(columnIn(table.shape, swap.column)?.notNull === true ? [alter(table, `alter column ${old} set not null`)] : []),
    triggerSql(after, quoteTable(table), `'swapped'`),
    sequenceTypeSql(spelled(table).literal, swap.column, { from: swap.to, to: swap.from }),
  ]
}

/** The spare index of a key that was never exchanged. */
function spareRemovalPasses(swap: Swap): readonly CatalogPass[] {
  const drop = (table: TableState, how: string): readonly string[] =>
    primaryKeyOf(swap, table)
      .map((key) => pastName(swap, key))
      .filter((spare) => table.shape.indexes.some(({ name }) => name === spare))
      .map((spare) => `drop index ${how}${quoteIdentifier(table.schema)}.${quoteIdentifier(spare)}`)
  const shared = {
    ...back,
    what: 'drop the spare index of the key',
    lacking: 'the spare index of the key is still there',
  }
  return [
    {
      ...shared,
      name: 'spare of small tables',
      how: 'together',
      sizes: { most: smallTable },
      statements: (table) => (stateOfSwap(swap, table) === 'before' ? drop(table, '') : []),
    },
    {
      ...shared,
      name: 'spare of large tables',
      how: 'concurrently',
      lock: 'SHARE UPDATE EXCLUSIVE: readers and writers go on',
      sizes: { over: smallTable },
      statements: (table) => (stateOfSwap(swap, table) === 'before' ? drop(table, 'concurrently ') : []),
    },
  ]
}
