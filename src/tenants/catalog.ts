import type { Queryable } from '../stores/tables.ts'
import { catalogStatement, isSelected, namedTables, selectedTables } from './catalog-sql.ts'
import type { KeyForm } from './tenants-config.ts'

export interface ColumnShape {
  readonly name: string
  /** As format_type prints it: `character varying(20)`. */
  readonly type: string
  readonly notNull: boolean
  /** The default as Postgres prints it; undefined where there is none. */
  readonly default: string | undefined
  /** True where Postgres makes the values itself: generated always, or identity. */
  readonly generated: boolean
}

export interface IndexShape {
  /**
   * With the tenant's key replaced by `{key}`; in a name that was cut to 63 bytes, what is left of the table's name by
   * `{table 41}`, the length of that, and eight digits that made it unique by `{cut}`.
   */
  readonly name: string
  /** Plain columns in order; an expression is left out, and seen in the definition. */
  readonly columns: readonly string[]
  readonly unique: boolean
  readonly valid: boolean
  /** Of all rows, and of columns alone. */
  readonly plain: boolean
  /** As pg_get_indexdef prints it, with `{key}`; '' for one that another session has just dropped. */
  readonly definition: string
}

export interface ConstraintShape {
  /** As that of an index is, and the definition with `{key}`. */
  readonly name: string
  readonly kind: 'check' | 'foreign key' | 'primary key' | 'unique' | 'exclusion'
  readonly columns: readonly string[]
  /** As pg_get_constraintdef prints it. */
  readonly definition: string
  readonly validated: boolean
}

export interface TriggerShape {
  /** With `{key}`, as is the definition. Those of constraints are left out. */
  readonly name: string
  readonly definition: string
  readonly enabled: boolean
}

/** What many tables have in common: everything but their name. */
export interface TableShape {
  readonly columns: readonly ColumnShape[]
  readonly indexes: readonly IndexShape[]
  readonly constraints: readonly ConstraintShape[]
  readonly triggers: readonly TriggerShape[]
  readonly primaryKey: readonly string[]
  readonly rowSecurity: boolean
}

export interface CatalogTable {
  readonly schema: string
  readonly name: string
  /** The part of the name that makes it this tenant's; '' where there is none. */
  readonly key: string
  /** Equal for tables of equal shape. */
  readonly shape: string
  /** 8 KiB pages as of now; of tables selected by what stands around their key as of the last VACUUM or ANALYZE. */
  readonly pages: number
  /** Whether other tables inherit from it or are partitions of it, or did: it has more rows than its pages hold. */
  readonly parent: boolean
  /** Rows as of then; -1 when never counted. */
  readonly rows: number
  /** What stands for `{cut}` in the names of its indexes, in the order of the shape, with commas; null without any. */
  readonly indexCuts: string | null
  readonly constraintCuts: string | null
}

export interface Catalog {
  readonly tables: readonly CatalogTable[]
  readonly shapes: ReadonlyMap<string, TableShape>
}

export interface CatalogSelector {
  readonly schema: string
  /** An anchored POSIX expression on the table's name. */
  readonly expression: string
  /** What stands around the key in the name; without them the name has none. */
  readonly prefix?: string
  readonly suffix?: string
  /** With it the key is asked for instead of the expression, which the server takes several times as long to match. */
  readonly key?: KeyForm
}

/** One of several parts of equal size, counted from 0. */
export interface CatalogPart {
  readonly part: number
  readonly of: number
}

/**
 * Every matching table with its shape, sorted by name, in one statement; or a part of them. Shapes are hashed from raw
 * catalog columns and spelled out once each, which is what keeps 10,000 tables within about a second.
 */
export async function readCatalog(
  q: Queryable,
  selectors: readonly CatalogSelector[],
  { part, of }: CatalogPart = { part: 0, of: 1 },
): Promise<Catalog> {
  const rows = await q.query<CatalogRow>(catalogStatement(selectedTables), [
    selectors.map((selector) => selector.schema),
    selectors.map((selector) => selector.expression),
    selectors.map(({ prefix }) => prefix ?? null),
    selectors.map(({ suffix }) => suffix ?? ''),
    of,
    part,
    selectors.map(({ key }) => key?.foreign ?? null),
    selectors.map(({ key }) => key?.length ?? null),
  ])
  return catalogOf(rows)
}

/**
 * The names of the tables that a selector finds, without a look at what they are like. Conditions are asked in the order
 * in which they stand: most of what a fleet has in pg_class are indexes, and the expression is the dearest.
 */
export async function readNames(q: Queryable, selector: CatalogSelector): Promise<readonly string[]> {
  const { schema, expression, prefix = '', suffix = '', key } = selector
  const rows = await q.query<{ name: string }>(
    `select c.relname as name
     from (select $1::text as schema, $2::text as expression, $3::text as prefix, $4::text as suffix, $5::text as "foreign", $6::int as length) w
     join pg_catalog.pg_namespace n on n.nspname = w.schema
     join pg_catalog.pg_class c on c.relnamespace = n.oid
     where c.relkind in ('r', 'p') and ${isSelected} order by c.relname`,
    [schema, expression, prefix, suffix, key?.foreign ?? null, key?.length ?? null],
  )
  return rows.map(({ name }) => name)
}

/** The named tables of a schema that exist, each with its key and its name with `{key}` in it as given. */
export async function readTables(
  q: Queryable,
  schema: string,
  wanted: readonly { readonly name: string; readonly key: string; readonly blank: string }[],
): Promise<Catalog> {
  const rows = await q.query<CatalogRow>(catalogStatement(namedTables), [
    schema,
    wanted.map(({ name }) => name),
    wanted.map(({ key }) => key),
    wanted.map(({ blank }) => blank),
  ])
  return catalogOf(rows)
}

type Named = { readonly name: string; readonly definition: string }

/**
 * A shape with the placeholders in its names replaced by what stands there in the names of one table: each list when it
 * is asked for, since a step looks at one of them in thousands of tables.
 */
export function shapeOfTable(
  shape: TableShape,
  { name: table, key, indexCuts, constraintCuts }: Pick<CatalogTable, 'name' | 'key' | 'indexCuts' | 'constraintCuts'>,
): TableShape {
  if (key === '') return shape
  const naming = (cuts: string | null) => {
    const left = cuts?.split(',') ?? []
    return <T extends Named>(thing: T): T => {
      const name = thing.name
        .replace('{cut}', (cut) => left.shift() ?? cut)
        .replace(/\{table (\d+)\}/, (_, length: string) => table.slice(0, Number(length)))
        .replaceAll('{key}', () => key)
      const definition = thing.definition.replaceAll(thing.name, () => name).replaceAll('{key}', () => key)
      return { ...thing, name, definition }
    }
  }
  let indexes: TableShape['indexes'] | undefined
  let constraints: TableShape['constraints'] | undefined
  let triggers: TableShape['triggers'] | undefined
  const { columns, primaryKey, rowSecurity } = shape
  return {
    columns,
    get indexes() {
      return (indexes ??= shape.indexes.map(naming(indexCuts)))
    },
    get constraints() {
      return (constraints ??= shape.constraints.map(naming(constraintCuts)))
    },
    get triggers() {
      return (triggers ??= shape.triggers.map(naming(null)))
    },
    primaryKey,
    rowSecurity,
  }
}

interface CatalogRow extends CatalogTable {
  readonly details: Details | null
}

interface Details {
  readonly columns: readonly (Omit<ColumnShape, 'default'> & { readonly default: string | null })[] | null
  readonly indexes: readonly (IndexShape & { readonly primary: boolean })[] | null
  readonly constraints: readonly ConstraintShape[] | null
  readonly triggers: readonly TriggerShape[] | null
  readonly rowSecurity: boolean
}

function catalogOf(rows: readonly CatalogRow[]): Catalog {
  const shapes = new Map<string, TableShape>()
  for (const row of rows) if (row.details !== null) shapes.set(row.shape, shapeOf(row.details))
  return { tables: rows.map(({ details: _, ...table }) => table), shapes }
}

function shapeOf(details: Details): TableShape {
  const indexes = details.indexes ?? []
  return {
    columns: (details.columns ?? []).map((column) => ({ ...column, default: column.default ?? undefined })),
    indexes: indexes.map(({ primary: _, ...index }) => index),
    constraints: details.constraints ?? [],
    triggers: details.triggers ?? [],
    primaryKey: indexes.find((index) => index.primary)?.columns ?? [],
    rowSecurity: details.rowSecurity,
  }
}
