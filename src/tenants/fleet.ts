import { LockstepError } from '../kernel/errors.ts'
import { printTable } from '../kernel/identifiers.ts'
import type { TableName } from '../kernel/identifiers.ts'
import type { DocumentReader } from '../stores/documents.ts'
import type { TableReader } from '../stores/tables.ts'
import { readCatalog } from './catalog.ts'
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
  readonly orphans: readonly CatalogTable[]
}

export interface FleetSources {
  readonly config: TenantsConfig
  readonly documents: DocumentReader
  readonly tables: TableReader
  readonly grace: (ms: number) => Promise<void>
}

/** How long a sign-up may take between making its document and its tables. */
const signUpMilliseconds = 2000

/** Reads the catalog (one statement); the source is read only when mismatches are asked for. */
export async function readFleet(sources: FleetSources): Promise<Fleet> {
  const { config } = sources
  const templates = new Map(Object.keys(config.tables).map((name) => [name, parseTemplate(config, name)]))
  const catalog = await readTemplates(sources, [...templates.values()])
  const byTemplate = groupByTemplate(catalog, templates)
  const tablesOf = (name: string): readonly CatalogTable[] => byTemplate.get(name) ?? []
  return { config, catalog, templates, tablesOf, mismatches: (name) => compare(sources, parseTemplate(config, name)) }
}

function readTemplates(sources: FleetSources, templates: readonly TableTemplate[]): Promise<Catalog> {
  return sources.tables.read((q) => readCatalog(q, templates))
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
  const first = await compareOnce(sources, template)
  if (first.missing.length === 0 && first.orphans.length === 0) return first
  await sources.grace(signUpMilliseconds)
  const second = await compareOnce(sources, template)
  const stillMissing = new Set(first.missing.map((missing) => missing.uid))
  const stillOrphan = new Set(first.orphans.map((orphan) => orphan.key))
  return {
    tenants: second.tenants,
    missing: second.missing.filter((missing) => stillMissing.has(missing.uid)),
    orphans: second.orphans.filter((orphan) => stillOrphan.has(orphan.key)),
  }
}

async function compareOnce(sources: FleetSources, template: TableTemplate): Promise<Mismatches> {
  const catalog = await readTemplates(sources, [template])
  const unclaimed = new Map(catalog.tables.map((table) => [table.key, table]))
  const missing: MissingTable[] = []
  let tenants = 0
  for await (const uid of readUids(sources)) {
    tenants++
    const key = keyOf(sources.config, uid)
    if (!unclaimed.delete(key)) missing.push({ uid, template: template.name, table: tableOf(template, key) })
  }
  return { tenants, missing, orphans: [...unclaimed.values()] }
}

async function* readUids({ config, documents, tables }: FleetSources): AsyncGenerator<string> {
  const { source } = config
  if (source.from === 'documents') {
    yield* documentIds(documents, source.collection)
    return
  }
  const rows = await tables.read((q) => q.query(source.sql))
  for (const row of rows) {
    const uid = Object.values(row)[0]
    if (typeof uid !== 'string') {
      throw new LockstepError('LS-1003', 'the tenants query must return text in its first column', {
        where: { name: 'tenants.source' },
        hint: 'cast it, as in select user_id::text from user_configs',
      })
    }
    yield uid
  }
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
