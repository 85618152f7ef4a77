import { derivedName } from '../../../kernel/identifiers.ts'
import type { TableName } from '../../../kernel/identifiers.ts'
import type { IndexShape } from '../../../tenants/catalog.ts'
import type { TableState } from '../../table-state.ts'
import type { ResizeEmbeddingsSpec } from './resize-spec.ts'
import type { VectorChange } from './vector-change.ts'
import { approximateIndexes } from './vector-index.ts'

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
export function partsOf({ definition }: IndexShape): {
  readonly method: string
  readonly key: string
  readonly settings: string
  readonly where: string
} {
  const [, method = '', key = '', settings = '', where = ''] = printed.exec(definition) ?? []
  return { method, key, settings, where }
}

/** Settings that are not asked for may be any. */
export function isWanted({ spec }: VectorChange, index: IndexShape): boolean {
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

/** The one operator class that ivfflat takes unsaid, and HNSW does not. */
export const unsaidClass = 'vector_l2_ops'
