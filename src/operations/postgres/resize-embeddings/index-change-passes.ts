import { quoteIdentifier, quoteTable } from '../../../kernel/identifiers.ts'
import type { TableName } from '../../../kernel/identifiers.ts'
import { indexPasses, indexRemovalPasses } from '../../index-passes.ts'
import type { CatalogPass, TablePass } from '../../table-passes.ts'
import type { TableState } from '../../table-state.ts'
import { indexesInTheWay, isWanted, newIndexName, partsOf, printWanted, unsaidClass } from './index-change.ts'
import { restorePass, toBeDropped } from './index-restore.ts'
import { vectorColumn } from './vector-change.ts'
import type { VectorChange } from './vector-change.ts'
import { settingsSql } from './vector-index.ts'

/**
 * The new index, of the same vectors, rows and distance, is there from expand on, beside the old one, which goes in contract and comes
 * back first on the way back. A table without an approximate index is left as it is.
 */
export function indexChangePasses(change: VectorChange): readonly TablePass[] {
  const old = [goingPass(change), restorePass(change)]
  if (change.spec.options.index === 'none') return old
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
    ...old,
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

function withClass(change: VectorChange, table: TableState, key: string): string {
  if (/_ops"?\)$/.test(key)) return key
  const schema = /^(?:"[^"]+"|\w+)\./.exec(vectorColumn(change, table)?.type ?? '')?.[0] ?? ''
  return `${key.slice(0, -1)} ${schema}${unsaidClass})`
}

/** Files of whatever size are deleted when the locks are gone; the definitions are kept in the same transaction. */
function goingPass(change: VectorChange): CatalogPass {
  return {
    name: 'drop old indexes',
    phase: 'contract',
    how: 'together',
    what: `drop the old index of ${change.column}`,
    lock: 'ACCESS EXCLUSIVE for milliseconds, lock_timeout 500 ms, retried',
    undo: 'none: complete has no way back',
    lacking: `another approximate index of ${change.column} is still there`,
    statements: (table) =>
      indexesInTheWay(change, table).map(
        ({ name }) => `drop index ${quoteIdentifier(table.schema)}.${quoteIdentifier(name)}`,
      ),
    also: async (q, table) => ({ dropped: await toBeDropped(q, change, table) }),
  }
}
