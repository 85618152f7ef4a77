import type { TableName } from '../kernel/identifiers.ts'
import type { Queryable } from '../stores/tables.ts'
import { readTables, shapeOfTable } from '../tenants/catalog.ts'
import type { CatalogTable, TableShape } from '../tenants/catalog.ts'
import type { TablesScope } from './table-scope.ts'

/** A table as the catalog has it, its names spelled out. */
export interface TableState extends TableName {
  /** What makes its name this tenant's; '' where there is none. */
  readonly key: string
  /** Of the main fork: as of now inside a transaction and of a single table, as of the last VACUUM or ANALYZE in a fleet's plan. */
  readonly bytes: number
  /** Whether other tables inherit from it or are partitions of it: it has more rows than its bytes hold. */
  readonly parent: boolean
  /** As of the last VACUUM or ANALYZE; -1 when never counted. */
  readonly rows: number
  readonly shape: TableShape
  /** Equal for tables of equal shape. */
  readonly fingerprint: string
}

/** Tables up to this many bytes are read or indexed under one lock: it takes milliseconds. */
export const smallTable = 1024 * 1024

/** Tables up to this many bytes are read under an exclusive lock: about as long as the change of the catalog takes. */
export const tinyTable = 64 * 1024

/** The named tables of the scope that still exist, sorted by name. */
export async function tableStates(
  q: Queryable,
  scope: TablesScope,
  names: readonly string[],
): Promise<readonly TableState[]> {
  if (names.length === 0) return []
  const wanted = names.map((name) => {
    if (scope.around === undefined) return { name, key: '', blank: name }
    const [before, after] = scope.around
    return { name, key: name.slice(before.length, name.length - after.length), blank: `${before}{key}${after}` }
  })
  const { tables, shapes } = await readTables(q, scope.schema, wanted)
  return tables.flatMap((table) => {
    const shape = shapes.get(table.shape)
    return shape === undefined ? [] : [stateOf(table, shape)]
  })
}

/** One table of a catalog with its shape spelled out. */
export function stateOf(table: CatalogTable, shape: TableShape): TableState {
  const { schema, name, key, pages, parent, rows, shape: fingerprint } = table
  return { schema, name, key, bytes: pages * 8192, parent, rows, shape: shapeOfTable(shape, table), fingerprint }
}
