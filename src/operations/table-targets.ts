import { LockstepError } from '../kernel/errors.ts'
import { parseTableName, printTable } from '../kernel/identifiers.ts'
import { readCatalog } from '../tenants/catalog.ts'
import type { CatalogTable, TableShape } from '../tenants/catalog.ts'
import { findDrift } from '../tenants/drift.ts'
import { listed, mismatchErrors } from '../tenants/fleet.ts'
import { keyOf, refuseManaged } from '../tenants/tenants-config.ts'
import type { TableTarget, TenantsConfig } from '../tenants/tenants-config.ts'
import type { LeftOut, Look, PlanWarning } from './operation.ts'

export interface TargetTables {
  readonly tables: readonly CatalogTable[]
  shapeOf(table: CatalogTable): TableShape
}

/** The target's tables as of now, or those given, without those in `excluded` (printed names), sorted by name. */
export async function targetTables(
  look: Look,
  target: TableTarget,
  excluded: readonly string[],
  given?: Found,
): Promise<TargetTables> {
  const { tables, shapes } =
    given ?? ('tenants' in target ? await tenantTables(look, target.tenants) : await oneTable(look, target.table))
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
  refuseManaged({ schema, name })
  const expression = `^${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`
  const found = await look.tables.read((q) => readCatalog(q, [{ schema, expression }]))
  if (found.tables.length > 0) return found
  throw new LockstepError('LS-2107', `table ${text} does not exist`, {
    where: { name: text },
    hint: 'write its name as it is stored (lower case unless it was quoted), with its schema if that is not public',
  })
}

/** What a fleet is like before anything is done to it. */
export interface FleetState {
  /** Tables that belong to no tenant: listed, and never touched. */
  readonly orphans: readonly LeftOut[]
  /** Where any deviation shall stop the whole fleet, as errors; else as warnings. */
  readonly errors: readonly LockstepError[]
  readonly warnings: readonly PlanWarning[]
  readonly strict: boolean
}

/** Where the tenants' source and the catalog disagree, and which tables are not as most are. A single table is strict. */
export async function inspectFleet(look: Look, target: TableTarget): Promise<FleetState> {
  if (!('tenants' in target)) return { orphans: [], errors: [], warnings: [], strict: true }
  const fleet = await look.fleet()
  const found = await fleet.mismatches(target.tenants)
  const strict = fleet.config.mismatches === 'error'
  const errors = mismatchErrors(found)
  const orphans = found.orphans.map((table) => ({ name: printTable(table), why: 'it belongs to no tenant' }))
  const without = new Set(orphans.map(({ name }) => name))
  const tables = fleet.tablesOf(target.tenants).filter((table) => !without.has(printTable(table)))
  return {
    orphans,
    errors: strict ? errors : [],
    warnings: [...(strict ? [] : errors.map(warningOf)), ...driftWarnings(target.tenants, tables, fleet.catalog)],
    strict,
  }
}

function warningOf({ message, where }: LockstepError): PlanWarning {
  return {
    code: 'W202',
    message: `${message}: ${where?.name ?? ''}`,
    hint: 'they are left as they are; --strict stops here instead',
  }
}

/** Groups of odd tables that are told of; there may be as many as tables. */
const mostGroups = 5
const mostDifferences = 3

function driftWarnings(
  template: string,
  tables: readonly CatalogTable[],
  catalog: Parameters<typeof findDrift>[1],
): readonly PlanWarning[] {
  const { odd } = findDrift(tables, catalog)
  const told = odd.slice(0, mostGroups).map(({ tables: alike, differences }): PlanWarning => {
    const message = `${alike.length} of ${tables.length} ${template} tables are not as most are: ${listed(differences, mostDifferences)}`
    return { code: 'W203', message, hint: `look at ${listed(alike.map(printTable), 3)}` }
  })
  if (odd.length <= mostGroups) return told
  const more = odd.length - mostGroups
  return [
    ...told,
    {
      code: 'W203',
      message: `${more} more groups of ${template} tables are odd`,
      hint: 'lockstep plan --json has all',
    },
  ]
}

/** What the configuration says of tenants. Throws LS-2203 where it says nothing. */
export async function tenantsIn(look: Look): Promise<TenantsConfig> {
  return look.tenants?.() ?? (await look.fleet()).config
}

/** The keys of the tenants whose tables are changed before all others, as configured. */
export async function canaryKeys(look: Look, target: TableTarget): Promise<ReadonlySet<string>> {
  if (!('tenants' in target)) return new Set()
  const config = await tenantsIn(look)
  return new Set((config.canaries ?? []).map((uid) => keyOf(config, uid)))
}

/** Questions asked at once, each on a connection of its own. */
const lanes = 4

/** Does the work for each item, a few at once; rejects with the first error, when those under way have ended. */
export async function inLanes<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values()
  const lane = async (): Promise<void> => {
    for (const item of left) await work(item)
  }
  const ends = await Promise.allSettled(Array.from({ length: lanes }, lane))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}

/** Consecutive slices of at most `size`. */
export function groupsOf<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, n) => items.slice(n * size, (n + 1) * size))
}
