import { LockstepError } from '../kernel/errors.ts'
import { parseTableName, printTable } from '../kernel/identifiers.ts'
import { readCatalog } from '../tenants/catalog.ts'
import type { CatalogTable, TableShape } from '../tenants/catalog.ts'
import { mismatchErrors } from '../tenants/fleet.ts'
import type { TableTarget } from '../tenants/tenants-config.ts'
import type { Look } from './operation.ts'

export interface TargetTables {
  readonly tables: readonly CatalogTable[]
  shapeOf(table: CatalogTable): TableShape
}

/** The target's tables as of now, without those in `excluded` (printed names), sorted by name. */
export async function targetTables(
  look: Look,
  target: TableTarget,
  excluded: readonly string[],
): Promise<TargetTables> {
  const { tables, shapes } =
    'tenants' in target ? await tenantTables(look, target.tenants) : await oneTable(look, target.table)
  const without = new Set(excluded)
  return {
    tables: tables.filter((table) => !without.has(printTable(table))),
    shapeOf(table) {
      const shape = shapes.get(table.shape)
      if (shape === undefined) throw new LockstepError('LS-9001', `no shape was read for ${printTable(table)}`)
      return shape
    },
  }
}

async function tenantTables(look: Look, template: string): Promise<Found> {
  const fleet = await look.fleet()
  return { tables: fleet.tablesOf(template), shapes: fleet.catalog.shapes }
}

interface Found {
  readonly tables: readonly CatalogTable[]
  readonly shapes: ReadonlyMap<string, TableShape>
}

async function oneTable(look: Look, text: string): Promise<Found> {
  const { schema, name } = parseTableName(text)
  const expression = `^${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`
  const found = await look.tables.read((q) => readCatalog(q, [{ schema, expression }]))
  if (found.tables.length > 0) return found
  throw new LockstepError('LS-2107', `table ${text} does not exist`, {
    where: { name: text },
    hint: 'write its name as it is stored (lower case unless it was quoted), with its schema if that is not public',
  })
}

export interface Mismatched {
  /** Printed names of tables that belong to no tenant: never touched. */
  readonly excluded: readonly string[]
  readonly errors: readonly LockstepError[]
}

/** Where the tenants' source and the catalog disagree: errors, unless the configuration says to leave those out. */
export async function findMismatches(look: Look, target: TableTarget): Promise<Mismatched> {
  if (!('tenants' in target)) return { excluded: [], errors: [] }
  const fleet = await look.fleet()
  const found = await fleet.mismatches(target.tenants)
  const excluded = found.orphans.map(printTable)
  return { excluded, errors: fleet.config.mismatches === 'skip' ? [] : mismatchErrors(found) }
}

/** Consecutive slices of at most `size`. */
export function groupsOf<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, n) => items.slice(n * size, (n + 1) * size))
}
