import { quoteIdentifier, quoteLiteral, quoteTable } from '../../../kernel/identifiers.ts'
import { aboutColumns, carryPasses, copyAttributesSql } from '../../column-carry.ts'
import { columnIn, downSql, upSql } from '../../column-pair.ts'
import { hasTrigger } from '../../column-pair-passes.ts'
import { columnRemovalPasses } from '../../column-removal.ts'
import { syncTrigger, triggerSql } from '../../column-sync.ts'
import type { RowFill } from '../../row-pages.ts'
import { namesColumn, renameInSql } from '../../sql-names.ts'
import type { CatalogPass, RowPass, TablePass } from '../../table-passes.ts'
import { smallTable } from '../../table-state.ts'
import type { TableState } from '../../table-state.ts'
import { besideName, hiddenNames, pairsOf, pastName, stateOfSwap, swapTag, youngPrefix } from './swap.ts'
import type { Swap } from './swap.ts'
import { swapBackPasses } from './swap-back-passes.ts'
import { cutoverMarkSql } from './swap-sync.ts'
import { primaryKeyOf, sequenceTypeSql, spelled, swapStatements } from './swap-sql.ts'

/** The hidden column beside it, filled, indexed, exchanged in the cutover; the old one goes; and the way back. */
export function swapPasses(swap: Swap): readonly TablePass[] {
  return [
    besidePass(swap),
    fillPass(swap),
    ...[...carryPasses(pairsOf(swap).before), ...keyPasses(swap)].map((pass) => whileBeside(swap, pass)),
    swapPass(swap),
    ...contractPasses(swap),
    ...swapBackPasses(swap),
  ]
}

const alter = (table: TableState, what: string): string => `alter table ${quoteTable(table)} ${what}`

function besidePass(swap: Swap): CatalogPass {
  const { before } = pairsOf(swap)
  return {
    name: 'beside',
    phase: 'expand',
    how: 'together',
    what: `add a hidden column of type ${swap.to}, which follows ${swap.column} by a trigger`,
    lock: 'ACCESS EXCLUSIVE for milliseconds, at most 50 tables at once, lock_timeout 500 ms, retried',
    undo: 'drop the trigger and the hidden column',
    lacking: `column ${swap.column} has no column of type ${swap.to} beside it, or that does not follow it`,
    statements(table) {
      const name = quoteTable(table)
      switch (stateOfSwap(swap, table)) {
        case 'before':
          return [
            ...entangled(swap, table),
            alter(table, `add column ${quoteIdentifier(before.new)} ${swap.to}`),
            copyAttributesSql(before, `${quoteLiteral(name)}::regclass`),
            copySettingsSql(swap, name),
            triggerSql(before, name),
          ]
        case 'beside':
          return hasTrigger(before, table) ? [] : [triggerSql(before, name)]
        case 'swapped':
          return hasTrigger(before, table) ? [] : [triggerSql(before, name, `'swapped'`)]
        default:
          return []
      }
    },
  }
}

/** What the planner was told of the column. */
function copySettingsSql(swap: Swap, table: string): string {
  const young = quoteIdentifier(hiddenNames(swap).young)
  return `do $lockstep$ declare lockstep_a record; begin
  select a.attstattarget as target, (select string_agg(o, ', ') from unnest(a.attoptions) o) as options into lockstep_a
  from pg_catalog.pg_attribute a where a.attrelid = ${quoteLiteral(table)}::pg_catalog.regclass and a.attname = ${quoteLiteral(swap.column)};
  if lockstep_a.target >= 0 then
    execute ${quoteLiteral(`alter table ${table} alter column ${young} set statistics `)} || lockstep_a.target;
  end if;
  if lockstep_a.options is not null then
    execute ${quoteLiteral(`alter table ${table} alter column ${young} set (`)} || lockstep_a.options || ')';
  end if;
end $lockstep$`
}

function fillPass(swap: Swap): RowPass {
  const { before, after } = pairsOf(swap)
  return {
    name: 'values',
    phase: 'backfill',
    how: 'rows',
    what: `fill the hidden column from ${swap.column}`,
    lock: 'row locks, about 200 ms a batch',
    undo: 'goes with the hidden column',
    lacking: `rows in which the hidden column does not follow from ${swap.column}`,
    fill(table) {
      const follow = (column: string, value: string): RowFill => {
        const name = quoteIdentifier(column)
        return { set: `${name} = ${value}`, where: `${name} is distinct from ${value}` }
      }
      switch (stateOfSwap(swap, table)) {
        // The plan is made before there is a hidden column.
        case 'before':
        case 'beside':
          return follow(before.new, upSql(before))
        case 'swapped': {
          const { set, where } = follow(after.old, downSql(after))
          // What it was before the exchange stays, also where the way back would give another value.
          return { set, where: `${where} and ${quoteIdentifier(swap.column)} is distinct from ${upSql(after)}` }
        }
        default:
          return undefined
      }
    },
  }
}

/** Each of two columns would carry over an index of both from what it was before the other: the last would be lost. */
function entangled(swap: Swap, table: TableState): readonly string[] {
  const others = table.shape.columns
    .map(({ name }) => name)
    .filter((name) => name.startsWith(youngPrefix) && name !== hiddenNames(swap).young)
    .map((young) => young.slice(youngPrefix.length, -tagLength))
  const other = others.find((each) => sharesIndex(table, swap.column, each))
  if (other === undefined) return []
  const said = `${swap.column} and ${other} share an index or constraint: convert them in two migrations`
  return [`do $lockstep$ begin raise exception using message = ${quoteLiteral(said)}; end $lockstep$`]
}

/** `_` and eight digits. */
const tagLength = 9

function sharesIndex({ shape }: TableState, one: string, other: string): boolean {
  // A name that was cut is not known whole.
  const isOther = (name: string): boolean => name === other || other.length > 38
  return (
    shape.constraints.some(
      ({ columns }) => columns.includes(one) && columns.some((name) => name !== one && isOther(name)),
    ) ||
    shape.indexes
      .map(({ definition }) => aboutColumns(definition))
      .some((text) => namesColumn(text, one) && (namesColumn(text, other) || other.length > 38))
  )
}

/** Only as long as the hidden column is the new one; the spare index of the old key is none that has to be carried. */
function whileBeside(swap: Swap, pass: CatalogPass): CatalogPass {
  const told = (text: string): string => text.replaceAll(hiddenNames(swap).young, 'the hidden column')
  return {
    ...pass,
    what: told(pass.what),
    lacking: told(pass.lacking),
    statements(table) {
      if (stateOfSwap(swap, table) !== 'beside') return []
      const spares = new Set(primaryKeyOf(swap, table).map((name) => pastName(swap, name)))
      const { columns, constraints, triggers, primaryKey, rowSecurity } = table.shape
      const indexes = table.shape.indexes.filter(({ name }) => pass.name.startsWith('key') || !spares.has(name))
      return pass.statements({
        ...table,
        shape: { columns, constraints, triggers, primaryKey, rowSecurity, indexes },
      })
    },
  }
}

/**
 * Where the column is part of the primary key: a unique index of the new column, which becomes the key, and one of the
 * old column, which outlives the key that goes, and is it again after `down`.
 */
function keyPasses(swap: Swap): readonly CatalogPass[] {
  const { young } = hiddenNames(swap)
  const wanted = (
    table: TableState,
  ): readonly { readonly name: string; readonly about: string; readonly valid: boolean; readonly there: boolean }[] =>
    primaryKeyOf(swap, table).flatMap((key) => {
      const definition = aboutColumns(table.shape.indexes.find(({ name }) => name === key)?.definition ?? '')
      return [
        { name: besideName(swap, key), about: renameInSql(definition, swap.column, young) },
        { name: pastName(swap, key), about: definition },
      ].map((index) => {
        const found = table.shape.indexes.find(({ name }) => name === index.name)
        return { ...index, valid: found?.valid === true, there: found !== undefined }
      })
    })
  const statements = (table: TableState, how: string): readonly string[] =>
    wanted(table)
      .filter(({ valid }) => !valid)
      .flatMap(({ name, about, there }) => [
        ...(there ? [`drop index ${how}${quoteIdentifier(table.schema)}.${quoteIdentifier(name)}`] : []),
        `create unique index ${how}${quoteIdentifier(name)} on ${quoteTable(table)}${about}`,
      ])
  const shared = {
    phase: 'cutover',
    undo: 'goes with the hidden column',
    lacking: `the hidden column is not indexed as the primary key needs it`,
    grows: (tables: readonly TableState[]) => tables.reduce((sum, { bytes }) => sum + 32_768 + (bytes * 2) / 5, 0),
  } as const
  return [
    {
      ...shared,
      name: 'key of small tables',
      how: 'together',
      what: `index ${swap.column} and the hidden column of small tables as the primary key is`,
      lock: 'SHARE (writers wait) for milliseconds, at most 10 tables at once',
      atOnce: 10,
      sizes: { most: smallTable },
      statements: (table) => statements(table, ''),
    },
    {
      ...shared,
      name: 'key of large tables',
      how: 'concurrently',
      what: `index ${swap.column} and the hidden column concurrently as the primary key is`,
      lock: 'SHARE UPDATE EXCLUSIVE: readers and writers go on',
      sizes: { over: smallTable },
      statements: (table) => statements(table, 'concurrently '),
    },
  ]
}

function swapPass(swap: Swap): CatalogPass {
  return {
    name: 'swap',
    phase: 'cutover',
    how: 'together',
    what: `give the new column the name ${swap.column}, with its default and the names of its indexes; the old one is hidden and follows it`,
    lock: 'ACCESS EXCLUSIVE for milliseconds, at most 12 tables at once',
    locks: 16,
    undo: 'the same the other way round',
    lacking: `column ${swap.column} is still ${swap.from}`,
    // Before there is a hidden column too: the plan tells it, and has the shards of the cutover.
    statements(table) {
      return ['before', 'beside'].includes(stateOfSwap(swap, table))
        ? [...entangled(swap, table), cutoverMarkSql(swap), ...swapStatements(swap, table)]
        : []
    },
  }
}

function contractPasses(swap: Swap): readonly CatalogPass[] {
  const { after } = pairsOf(swap)
  return columnRemovalPasses({
    phase: 'contract',
    column: after.old,
    knownAs: swap.column,
    tag: swapTag(swap),
    usual: () => downSql(after),
    release: (table) => [
      `drop trigger if exists ${quoteIdentifier(syncTrigger(after))} on ${quoteTable(table)}`,
      ...(columnIn(table.shape, after.old)?.notNull === true
        ? [alter(table, `alter column ${quoteIdentifier(after.old)} drop not null`)]
        : []),
      sequenceTypeSql(spelled(table).literal, swap.column, swap),
    ],
  }).map((pass, n) => ({
    ...pass,
    what: pass.what.replace(after.old, `the ${swap.from} column`),
    statements: (table) =>
      n === 0 && stateOfSwap(swap, table) === 'before'
        ? [alter(table, `drop column ${quoteIdentifier(after.old)}`)]
        : pass.statements(table),
  }))
}
