import { printTable } from '../../../kernel/identifiers.ts'
import type { CatalogTable, TableShape } from '../../../tenants/catalog.ts'
import { resolveType } from '../../column-state.ts'
import type { ColumnType } from '../../column-state.ts'
import type { Finding, Look, Verification, VerifyScope } from '../../operation.ts'
import { isExtended, scopeOfProvision } from '../../provisioning.ts'
import { targetTables } from '../../table-targets.ts'
import type { AddColumnSpec } from './add-column.ts'
import { extensionOf, needsBackfill } from './column-sql.ts'
import { columnOf, parseMemo } from './plan-column.ts'
import { tablesWithNulls } from './remaining-column.ts'

/** Every table, from one catalog statement; and that new tenants are born in the new shape. */
export async function* verifyColumn(spec: AddColumnSpec, look: Look, scope: VerifyScope): Verification {
  const { excluded } = parseMemo(scope.memo)
  const type = await look.tables.read((q) => resolveType(q, spec.type))
  const targets = await targetTables(look, spec.target, excluded)
  for (const table of targets.tables) yield* findingsOf(spec, type, table, targets.shapeOf(table))
  const present = targets.tables.filter((table) => columnOf(targets.shapeOf(table), spec.column) !== undefined)
  if (spec.options.notNull === true) yield* emptyFindings(spec, look, present)
  yield* provisionFindings(spec, look)
  return { checked: targets.tables.length, what: 'tables compared with the catalog' }
}

function* findingsOf(
  spec: AddColumnSpec,
  type: ColumnType,
  table: CatalogTable,
  shape: TableShape,
): Generator<Finding> {
  const where = printTable(table)
  const column = columnOf(shape, spec.column)
  if (column === undefined) {
    yield { where, problem: `column ${spec.column} is missing` }
    return
  }
  if (column.type !== type.printed)
    yield { where, problem: `column ${spec.column} is ${column.type}, not ${type.printed}` }
  if (spec.options.notNull === true && !needsBackfill(spec) && !column.notNull)
    yield { where, problem: `column ${spec.column} can be null` }
  if (spec.options.default !== undefined && column.default === undefined)
    yield { where, problem: `column ${spec.column} has no default` }
  const indexes = shape.indexes.filter((index) => index.columns.length === 1 && index.columns[0] === spec.column)
  if (spec.options.index === true && !indexes.some((index) => index.valid)) {
    yield {
      where,
      problem: indexes.length > 0 ? `the index on ${spec.column} is invalid` : `column ${spec.column} has no index`,
    }
  }
}

/** Only an expression leaves rows to fill. */
async function* emptyFindings(
  spec: AddColumnSpec,
  look: Look,
  tables: readonly CatalogTable[],
): AsyncGenerator<Finding> {
  for (const table of await tablesWithNulls(spec, look, tables)) {
    yield { where: printTable(table), problem: `rows without a value in column ${spec.column}` }
  }
}

async function* provisionFindings(spec: AddColumnSpec, look: Look): AsyncGenerator<Finding> {
  if (!('tenants' in spec.target)) return
  const scope = scopeOfProvision((await look.fleet()).config, spec.target.tenants)
  if (scope === undefined) return
  const { signature } = scope.provision
  const extended = await look.tables.read((q) => isExtended(q, signature, extensionOf(spec).tag))
  if (!extended) yield { where: signature, problem: `makes new tenants without column ${spec.column}` }
}
