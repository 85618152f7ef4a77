import { LockstepError } from '../kernel/errors.ts'
import { printTable } from '../kernel/identifiers.ts'
import type { TableName } from '../kernel/identifiers.ts'
import type { DocumentReader } from '../stores/documents.ts'
import type { Queryable, TableReader } from '../stores/tables.ts'
import { readCatalog, readNames, readTables } from './catalog.ts'
import type { Catalog, CatalogTable } from './catalog.ts'
import { keyOf, parseTemplate, tableOf } from './tenants-config.ts'
import type { TableTemplate, TenantsConfig } from './tenants-config.ts'

/** A tenant of the source whose table of some template is not in the catalog. */
export interface MissingTable {
  readonly uid: string
  readonly template: string
  readonly table: TableName
}

/** All tenants' tables as of one look, and where source and catalog disagree. */
export interface Fleet {
  readonly config: TenantsConfig
  readonly catalog: Catalog
  readonly templates: ReadonlyMap<string, TableTemplate>
  /** Tables of a template, orphans included, sorted by name. */
  tablesOf(template: string): readonly CatalogTable[]
  /**
   * Compares the catalog with the tenants' source, which is read for it: sign-ups in flight are given `grace`
   * milliseconds to complete before they count as a mismatch.
   */
  mismatches(template: string): Promise<Mismatches>
}

export interface Mismatches {
  readonly tenants: number
  readonly missing: readonly MissingTable[]
  readonly orphans: readonly TableName[]
}

export interface FleetSources {
  readonly config: TenantsConfig
  readonly documents: DocumentReader
  readonly tables: TableReader
  readonly grace: (ms: number) => Promise<void>
}

/**
 * How long a sign-up may take between making its document (or row) and its tables: two seconds in all. Documents cost
 * money to read, rows are asked for more often.
 */
const waits = { documents: [2000], sql: [100, 400, 1500] } as const

/** Reads the catalog (one statement, in two parts); the source is read only when mismatches are asked for. */
export async function readFleet(sources: FleetSources): Promise<Fleet> {
  const { config } = sources
  const templates = new Map(Object.keys(config.tables).map((name) => [name, parseTemplate(config, name)]))
  const catalog = await readTemplates(sources, [...templates.values()])
  const byTemplate = groupByTemplate(catalog, templates)
  const tablesOf = (name: string): readonly CatalogTable[] => byTemplate.get(name) ?? []
  return { config, catalog, templates, tablesOf, mismatches: (name) => compare(sources, parseTemplate(config, name)) }
}

/** The tables of a template that are not in the fleet as it was read. */
export async function readBorn(tables: TableReader, fleet: Fleet, template: string): Promise<Catalog> {
  const known = new Set(fleet.tablesOf(template).map(({ name }) => name))
  const selector = parseTemplate(fleet.config, template)
  const { schema, prefix, suffix } = selector
  return tables.read(async (q) => {
    const born = (await readNames(q, selector)).filter((name) => !known.has(name))
    const wanted = born.map((name) => ({
      name,
      key: name.slice(prefix.length, name.length - suffix.length),
      blank: `${prefix}{key}${suffix}`,
    }))
    return wanted.length === 0 ? { tables: [], shapes: new Map() } : readTables(q, schema, wanted)
  })
}

/** Parts of the catalog that are read at once, each by a session of the server of its own. */
const partsAtOnce = 2

async function readTemplates({ tables }: FleetSources, templates: readonly TableTemplate[]): Promise<Catalog> {
  const of = tables.target.engine === 'pglite' ? 1 : partsAtOnce
  const parts = await Promise.all(
    Array.from({ length: of }, (_, part) => tables.read((q) => readCatalog(q, templates, { part, of }))),
  )
  const [whole, ...others] = parts
  if (whole !== undefined && others.length === 0) return whole
  return {
    tables: parts.flatMap((part) => part.tables).sort(inOrder),
    shapes: new Map(parts.flatMap((part) => [...part.shapes])),
  }
}

function inOrder(a: TableName, b: TableName): number {
  if (a.schema !== b.schema) return a.schema < b.schema ? -1 : 1
  return a.name < b.name ? -1 : 1
}

function groupByTemplate(
  catalog: Catalog,
  templates: ReadonlyMap<string, TableTemplate>,
): ReadonlyMap<string, readonly CatalogTable[]> {
  const expressions = [...templates].map(([name, template]) => ({
    name,
    template,
    regexp: new RegExp(template.expression),
  }))
  return new Map(
    expressions.map(({ name, template, regexp }) => [
      name,
      catalog.tables.filter((table) => table.schema === template.schema && regexp.test(table.name)),
    ]),
  )
}

async function compare(sources: FleetSources, template: TableTemplate): Promise<Mismatches> {
  let found = await compareOnce(sources, template)
  for (const wait of waits[sources.config.source.from]) {
    if (found.missing.length === 0 && found.orphans.length === 0) break
    await sources.grace(wait)
    found = stillIn(found, await compareOnce(sources, template))
  }
  return found
}

/** Of the later look, what the earlier ones found too. */
function stillIn(before: Mismatches, now: Mismatches): Mismatches {
  const missing = new Set(before.missing.map(({ uid }) => uid))
  const orphans = new Set(before.orphans.map(({ name }) => name))
  return {
    tenants: now.tenants,
    missing: now.missing.filter(({ uid }) => missing.has(uid)),
    orphans: now.orphans.filter(({ name }) => orphans.has(name)),
  }
}

async function compareOnce(sources: FleetSources, template: TableTemplate): Promise<Mismatches> {
  const { config, documents, tables } = sources
  const { source } = config
  if (source.from === 'documents') {
    const names = await tables.read((q) => readNames(q, template))
    return compareWith(config, template, names, documentIds(documents, source.collection))
  }
  // Of one snapshot: a sign-up that is one transaction is never seen in half.
  return tables.read(async (q) =>
    compareWith(config, template, await readNames(q, template), await readUids(q, source.sql)),
  )
}

async function compareWith(
  config: TenantsConfig,
  template: TableTemplate,
  names: readonly string[],
  uids: Iterable<string> | AsyncIterable<string>,
): Promise<Mismatches> {
  const unclaimed = new Set(names)
  const missing: MissingTable[] = []
  let tenants = 0
  for await (const uid of uids) {
    tenants++
    const table = tableOf(template, keyOf(config, uid))
    if (!unclaimed.delete(table.name)) missing.push({ uid, template: template.name, table })
  }
  return { tenants, missing, orphans: [...unclaimed].map((name) => ({ schema: template.schema, name })) }
}

async function readUids(q: Queryable, sql: string): Promise<readonly string[]> {
  const rows = await q.query(sql)
  return rows.map((row) => {
    const uid = Object.values(row)[0]
    if (typeof uid === 'string') return uid
    throw new LockstepError('LS-1003', 'the tenants query must return text in its first column', {
      where: { name: 'tenants.source' },
      hint: 'cast it, as in select user_id::text from user_configs',
    })
  })
}

async function* documentIds(documents: DocumentReader, collection: string): AsyncGenerator<string> {
  const slash = collection.lastIndexOf('/')
  const scope = {
    parent: slash < 0 ? '' : collection.slice(0, slash),
    collection: collection.slice(slash + 1),
    descendants: false,
  }
  for await (const document of documents.scan(scope, {}, { fields: [] })) {
    yield document.name.slice(document.name.lastIndexOf('/') + 1)
  }
}

/** Mismatches as errors that name each side's first few and the way out. Empty when there are none. */
export function mismatchErrors(found: Mismatches): readonly LockstepError[] {
  const errors: LockstepError[] = []
  const [missing] = found.missing
  if (missing !== undefined) {
    errors.push(
      new LockstepError(
        'LS-2201',
        `${found.missing.length} of ${found.tenants} tenants have no ${missing.template} table`,
        {
          where: { name: listed(found.missing.map((each) => `${each.uid} (${printTable(each.table)})`)) },
          hint: `provision them; without --strict and mismatches: 'error' they are left out`,
        },
      ),
    )
  }
  if (found.orphans.length > 0) {
    errors.push(
      new LockstepError('LS-2202', `${found.orphans.length} tables belong to no tenant`, {
        where: { name: listed(found.orphans.map(printTable)) },
        hint: `see whether these tenants are gone; without --strict and mismatches: 'error' their tables are left as they are`,
      }),
    )
  }
  return errors
}

/** The first few and how many more. */
export function listed(names: readonly string[], shown = 5): string {
  const more = names.length - shown
  return names.slice(0, shown).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
