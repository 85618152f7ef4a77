import type { LockstepError } from '../kernel/errors.ts'
import { quoteIdentifier } from '../kernel/identifiers.ts'
import type { TableName } from '../kernel/identifiers.ts'
import type { IndexShape } from '../tenants/catalog.ts'
import type { WorkPhase } from './operation.ts'
import { smallTable } from './table-state.ts'
import type { CatalogPass, Refusal } from './table-passes.ts'
import type { TableState } from './table-state.ts'

export interface WantedIndex {
  /** For people: `column language`. */
  readonly of: string
  readonly name: (table: TableName) => string
  /** Whether an index that is there, under whatever name, is as good. */
  readonly isIt: (index: IndexShape, table: TableState) => boolean
  readonly create: (table: TableState, how: 'plainly' | 'concurrently') => string
  /** The phase from which on it is there; `expand` without it. */
  readonly phase?: WorkPhase
  /** What a build that the server refuses means; what it left is dropped. */
  readonly refused?: (table: TableState, error: unknown) => LockstepError | undefined
}

/**
 * What is indexed in one transaction, during which the writers of its tables wait: about 50 ms, whether it is many empty
 * tables or one of the largest that count as small.
 */
const bytesAtOnce = 2 * smallTable

/**
 * An index for each table: inside a transaction for small ones, concurrently for others. A concurrent build that
 * failed, now or earlier, leaves an invalid index behind, which IF NOT EXISTS would take for done: it is dropped first.
 */
export function indexPasses(wanted: WantedIndex): readonly CatalogPass[] {
  const hasIt = (table: TableState): boolean =>
    table.shape.indexes.some((index) => index.valid && wanted.isIt(index, table))
  const leftover = (table: TableState): boolean => table.shape.indexes.some(({ name }) => name === wanted.name(table))
  const shared = {
    phase: wanted.phase ?? 'expand',
    undo: 'drop the index',
    lacking: `${wanted.of} has no valid index`,
    grows: (tables: readonly TableState[]) => tables.reduce((sum, { bytes }) => sum + 16_384 + bytes / 5, 0),
  } as const
  const refused = (table: TableState, cause: unknown): Refusal | undefined => {
    const error = wanted.refused?.(table, cause)
    return error === undefined ? undefined : { error, leftovers: [drop(table, 'concurrently if exists ')] }
  }
  const drop = (table: TableState, how: string): string =>
    `drop index ${how}${quoteIdentifier(table.schema)}.${quoteIdentifier(wanted.name(table))}`
  return [
    {
      ...shared,
      refused,
      name: 'small indexes',
      how: 'together',
      what: `index ${wanted.of} of small tables`,
      lock: `SHARE (writers wait) for milliseconds, at most ${bytesAtOnce / 2 ** 20} MiB of tables at once`,
      bytesAtOnce,
      sizes: { most: smallTable },
      statements: (table) =>
        hasIt(table) ? [] : [...(leftover(table) ? [drop(table, '')] : []), wanted.create(table, 'plainly')],
    },
    {
      ...shared,
      refused,
      name: 'large indexes',
      how: 'concurrently',
      what: `index ${wanted.of} concurrently`,
      lock: 'SHARE UPDATE EXCLUSIVE: readers and writers go on',
      sizes: { over: smallTable },
      statements: (table) =>
        hasIt(table) ? [] : [drop(table, 'concurrently if exists '), wanted.create(table, 'concurrently')],
    },
  ]
}

/** The way back: the index of this name goes, if it is there. */
export function indexRemovalPasses(of: string, nameOf: (table: TableName) => string): readonly CatalogPass[] {
  const isThere = (table: TableState): boolean => table.shape.indexes.some(({ name }) => name === nameOf(table))
  const shared = { phase: 'revert', undo: '', lacking: `${of} still has its index` } as const
  const drop = (table: TableState, how: string): readonly string[] =>
    isThere(table) ? [`drop index ${how}${quoteIdentifier(table.schema)}.${quoteIdentifier(nameOf(table))}`] : []
  return [
    {
      ...shared,
      name: 'drop small indexes',
      how: 'together',
      what: `drop the index on ${of}`,
      lock: 'ACCESS EXCLUSIVE for milliseconds',
      sizes: { most: smallTable },
      statements: (table) => drop(table, ''),
    },
    {
      ...shared,
      name: 'drop large indexes',
      how: 'concurrently',
      what: `drop the index on ${of} concurrently`,
      lock: 'SHARE UPDATE EXCLUSIVE: readers and writers go on',
      sizes: { over: smallTable },
      statements: (table) => drop(table, 'concurrently '),
    },
  ]
}
