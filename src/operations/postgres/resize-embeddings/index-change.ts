import { derivedName, quoteIdentifier, quoteTable } from '../../../kernel/identifiers.ts'
import type { TableName } from '../../../kernel/identifiers.ts'
import type { IndexShape } from '../../../tenants/catalog.ts'
import { indexPasses, indexRemovalPasses } from '../../index-passes.ts'
import type { CatalogPass } from '../../table-passes.ts'
import { smallTable } from '../../table-state.ts'
import type { TableState } from '../../table-state.ts'
import type { ResizeEmbeddingsSpec } from './resize-spec.ts'
import { vectorColumn } from './vector-change.ts'
import type { VectorChange } from './vector-change.ts'
import { approximateIndexes, settingsSql } from './vector-index.ts'

/** Whether only the index is changed: no vector is touched, and no table gets a twin. */
export function changesIndexAlone({ options }: ResizeEmbeddingsSpec): boolean {
  const { embedder, type, dimensions, index } = options
  return index !== undefined && embedder === undefined && type === undefined && dimensions === undefined
}

/** For people: `HNSW on embedding`. */
export function printWanted({ column, spec }: VectorChange): string {
  return spec.options.index === 'none' ? `no approximate index on ${column}` : `HNSW on ${column}`
}

/** What tells the new index from others of the table, in its name. */
export function indexPart({ column, tag }: VectorChange): string {
  return `${column}_${tag.slice(0, 6)}`
}

export function newIndexName(change: VectorChange, { name }: TableName): string {
  return derivedName(name, indexPart(change), 'hnsw')
}

const printed = / USING (hnsw|ivfflat) (\(.*?\))(?: WITH \(([^)]*)\))?( WHERE .*)?$/

/** What Postgres prints of an index behind the table's name: what is indexed and how, and of which rows. */
function partsOf({ definition }: IndexShape): {
  readonly method: string
  readonly key: string
  readonly settings: string
  readonly where: string
} {
  const [, method = '', key = '', settings = '', where = ''] = printed.exec(definition) ?? []
  return { method, key, settings, where }
}

/** Settings that are not asked for may be any. */
function isWanted({ spec }: VectorChange, index: IndexShape): boolean {
  const { index: wanted } = spec.options
  const { method, settings } = partsOf(index)
  if (wanted === 'none' || method !== 'hnsw') return false
  const { m, efConstruction } = typeof wanted === 'object' ? wanted : {}
  const has = (name: string, value: number | undefined): boolean =>
    value === undefined || settings.includes(`${name}='${value}'`)
  return has('m', m) && has('ef_construction', efConstruction)
}

/** The indexes that are as they are to be. */
export function wantedIndexes(change: VectorChange, table: TableState): readonly IndexShape[] {
  return approximateIndexes(change, table).filter((index) => isWanted(change, index) && index.valid)
}

/** Those that go, once the wanted one is there. */
export function indexesInTheWay(change: VectorChange, table: TableState): readonly IndexShape[] {
  return approximateIndexes(change, table).filter((index) => !isWanted(change, index))
}

/**
 * The new index, of the same vectors, rows and distance, is there from expand on, beside the old one, which goes in contract: until then
 * the way back is to drop the new one. A table without an approximate index is left as it is.
 */
export function indexChangePasses(change: VectorChange): readonly CatalogPass[] {
  if (change.spec.options.index === 'none') return goingPasses(change)
  const name = (table: TableName): string => newIndexName(change, table)
  const building = indexPasses({
    of: change.column,
    name,
    isIt: (index) => isWanted(change, index),
    create: (table, how) => createSql(change, table, how),
  })
  return [
    ...building.map((pass) => ({
      ...pass,
      statements: (table: TableState) => (indexesInTheWay(change, table).length === 0 ? [] : pass.statements(table)),
    })),
    ...goingPasses(change),
    ...indexRemovalPasses(printWanted(change), name),
  ]
}

function createSql(change: VectorChange, table: TableState, how: 'plainly' | 'concurrently'): string {
  const [old] = indexesInTheWay(change, table)
  const { key, where } = old === undefined ? { key: '', where: '' } : partsOf(old)
  const concurrently = how === 'concurrently' ? ' concurrently' : ''
  const name = quoteIdentifier(newIndexName(change, table))
  const settings = settingsSql(change.spec.options.index ?? 'hnsw')
  return `create index${concurrently} ${name} on ${quoteTable(table)} using hnsw ${withClass(change, table, key)}${settings}${where}`
}

/** The one operator class that ivfflat takes unsaid, and HNSW does not. */
export const unsaidClass = 'vector_l2_ops'

function withClass(change: VectorChange, table: TableState, key: string): string {
  if (/_ops"?\)$/.test(key)) return key
  const schema = /^(?:"[^"]+"|\w+)\./.exec(vectorColumn(change, table)?.type ?? '')?.[0] ?? ''
  return `${key.slice(0, -1)} ${schema}${unsaidClass})`
}

function goingPasses(change: VectorChange): readonly CatalogPass[] {
  const drop = (table: TableState, how: string): readonly string[] =>
    indexesInTheWay(change, table).map(
      ({ name }) => `drop index ${how}${quoteIdentifier(table.schema)}.${quoteIdentifier(name)}`,
    )
  const shared = {
    phase: 'contract',
    undo: 'none: complete has no way back',
    lacking: `another approximate index of ${change.column} is still there`,
  } as const
  return [
    {
      ...shared,
      name: 'drop small old indexes',
      how: 'together',
      what: `drop the old index of ${change.column} of small tables`,
      lock: 'ACCESS EXCLUSIVE for milliseconds',
      sizes: { most: smallTable },
      statements: (table) => drop(table, ''),
    },
    {
      ...shared,
      name: 'drop large old indexes',
      how: 'concurrently',
      what: `drop the old index of ${change.column} concurrently`,
      lock: 'SHARE UPDATE EXCLUSIVE: readers and writers go on',
      sizes: { over: smallTable },
      statements: (table) => drop(table, 'concurrently '),
    },
  ]
}
