import { z } from 'zod'
import { parseTableName, printTable, quoteTable } from '../../../kernel/identifiers.ts'
import { readCatalog } from '../../../tenants/catalog.ts'
import type { CatalogTable } from '../../../tenants/catalog.ts'
import { parseTemplate, tableOf } from '../../../tenants/tenants-config.ts'
import type { TableTarget } from '../../../tenants/tenants-config.ts'
import type { Look } from '../../operation.ts'
import type { PlacedTable } from '../../table-scope.ts'
import { tenantsIn } from '../../table-targets.ts'
import { definitionForm } from './table-definition.ts'
import type { TableDefinition } from './table-definition.ts'
import { referencedTable } from './template.ts'
import type { NamedTable } from './template.ts'

/** What planning found out and later phases go by. */
export const memoForm = z.object({
  definition: definitionForm,
  /** Tables that were there before: `down` leaves them so. */
  had: z.array(z.string()),
  /** Tables of no tenant, and those of another shape: never touched. */
  excluded: z.array(z.string()),
})

export interface WantedTables {
  /** Those that are not there. */
  readonly missing: readonly PlacedTable[]
  readonly present: readonly CatalogTable[]
  /** Of tenants that nobody knows. */
  readonly orphans: readonly CatalogTable[]
}

/** The tables that there should be: the one, or one for each tenant of the source. */
export async function wantedTables(look: Look, target: TableTarget): Promise<WantedTables> {
  if ('table' in target) {
    const name = parseTableName(target.table)
    const present = await presentTables(look, target)
    return { missing: present.length > 0 ? [] : [{ ...name, key: '' }], present, orphans: [] }
  }
  const fleet = await look.fleet()
  const template = parseTemplate(fleet.config, target.tenants)
  const { missing, orphans } = await fleet.mismatches(target.tenants)
  const isOrphan = new Set(orphans.map(({ name }) => name))
  const there = await presentTables(look, target)
  return {
    missing: missing.map(({ table }) => {
      const end = table.name.length - template.suffix.length
      return { ...table, key: table.name.slice(template.prefix.length, end) }
    }),
    present: there.filter(({ name }) => !isOrphan.has(name)),
    orphans: there.filter(({ name }) => isOrphan.has(name)),
  }
}

/** Those that are there, of whomever. */
export async function presentTables(look: Look, target: TableTarget): Promise<readonly CatalogTable[]> {
  if ('tenants' in target) return (await look.fleet()).tablesOf(target.tenants)
  const { schema, name } = parseTableName(target.table)
  const expression = `^${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`
  return (await look.tables.read((q) => readCatalog(q, [{ schema, expression }]))).tables
}

/** A table that stands for all of them in statements and trials. */
export async function exampleTable(look: Look, target: TableTarget): Promise<NamedTable> {
  if ('table' in target) return { ...parseTableName(target.table), key: '' }
  const config = await tenantsIn(look)
  const key = config.key === 'md5' ? 'd41d8cd98f00b204e9800998ecf8427e' : 'tenant'
  return { ...tableOf(parseTemplate(config, target.tenants), key), key }
}

export function foreignTables({ constraints }: TableDefinition): readonly string[] {
  return constraints.flatMap((each) =>
    each.kind === 'foreign key' && each.references !== undefined ? [each.references] : [],
  )
}

/**
 * Apart: tables whose tenant has not yet the table that a foreign key is to refer to, because its sign-up is under way or
 * never ended. The provisioning function makes theirs.
 */
export async function makeable(
  look: Look,
  definition: TableDefinition,
  missing: readonly PlacedTable[],
): Promise<{ readonly ready: readonly PlacedTable[]; readonly waiting: readonly PlacedTable[] }> {
  const references = foreignTables(definition).filter((each) => each.includes('{key}'))
  if (references.length === 0 || missing.length === 0) return { ready: missing, waiting: [] }
  const rows = await look.tables.read((q) =>
    q.query<{ n: number }>(
      `select distinct n::int as n from unnest($1::text[]) with ordinality as w(name, n)
       where pg_catalog.to_regclass(name) is null`,
      [missing.flatMap(({ key }) => references.map((each) => quoteTable(referencedTable(each, key))))],
    ),
  )
  const without = new Set(rows.map(({ n }) => missing[Math.floor((n - 1) / references.length)]))
  // A table may refer to itself, which is not there by then.
  const isOwn = (table: PlacedTable): boolean =>
    references.every((each) => printTable(referencedTable(each, table.key)) === printTable(table))
  return {
    ready: missing.filter((table) => !without.has(table) || isOwn(table)),
    waiting: missing.filter((table) => without.has(table) && !isOwn(table)),
  }
}
