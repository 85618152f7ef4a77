import { quoteIdentifier } from '../kernel/identifiers.ts'
import type { TableName } from '../kernel/identifiers.ts'
import type { IndexShape } from '../tenants/catalog.ts'
import { smallTable } from './table-state.ts'
import type { CatalogPass } from './table-passes.ts'
import type { TableState } from './table-state.ts'

export interface WantedIndex {
  /** For people: `column language`. */
  readonly of: string
  readonly name: (table: TableName) => string
  /** Whether an index that is there, under whatever name, is as good. */
  readonly isIt: (index: IndexShape) => boolean
  readonly create: (table: TableName, how: 'plainly' | 'concurrently') => string
}

/** Indexes built in one transaction: each takes milliseconds, during which its table's writers wait. */
const indexesAtOnce = 10

/**
 * An index for each table: inside a transaction for small ones, concurrently for others. A concurrent build that
 * failed, now or earlier, leaves an invalid index behind, which IF NOT EXISTS would take for done: it is dropped first.
 */
export function indexPasses(wanted: WantedIndex): readonly CatalogPass[] {
  const hasIt = ({ shape }: TableState): boolean => shape.indexes.some((index) => index.valid && wanted.isIt(index))
  const leftover = (table: TableState): boolean => table.shape.indexes.some(({ name }) => name === wanted.name(table))
  const shared = {
    phase: 'expand',
    undo: 'drop the index',
    lacking: `${wanted.of} has no valid index`,
    grows: (tables: readonly TableState[]) => tables.reduce((sum, { bytes }) => sum + 16_384 + bytes / 5, 0),
  } as const
  const drop = (table: TableState, how: string): string =>
    `drop index ${how}${quoteIdentifier(table.schema)}.${quoteIdentifier(wanted.name(table))}`
  return [
    {
      ...shared,
      name: 'small indexes',
      how: 'together',
      what: `index ${wanted.of} of small tables`,
      lock: `SHARE (writers wait) for milliseconds, at most ${indexesAtOnce} tables at once`,
      atOnce: indexesAtOnce,
      statements: (table) =>
        hasIt(table) || table.bytes > smallTable
          ? []
          : [...(leftover(table) ? [drop(table, '')] : []), wanted.create(table, 'plainly')],
    },
    {
      ...shared,
      name: 'large indexes',
      how: 'concurrently',
      what: `index ${wanted.of} concurrently`,
      lock: 'SHARE UPDATE EXCLUSIVE: readers and writers go on',
      statements: (table) =>
        hasIt(table) || table.bytes <= smallTable
          ? []
          : [drop(table, 'concurrently if exists '), wanted.create(table, 'concurrently')],
    },
  ]
}
