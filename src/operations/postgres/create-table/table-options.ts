import { z } from 'zod'

/** A constant, kept in the catalog, or SQL that is evaluated for each row. */
export type NewColumnDefault = string | number | boolean | { readonly sql: string }

export interface NewColumn {
  /** Any type the server knows, alone: `text`, `numeric(10,2)[]`, `vector(3)`. */
  readonly type: string
  readonly notNull?: boolean | undefined
  readonly default?: NewColumnDefault | undefined
  /** Numbered by the database: `always`, or `by default` where clients may give the number themselves. */
  readonly identity?: 'always' | 'by default' | undefined
  /** SQL of the row's other columns, stored. */
  readonly generated?: string | undefined
  /** e.g. `C`, or with its schema. */
  readonly collation?: string | undefined
  readonly comment?: string | undefined
}

export interface NewIndex {
  /** Columns, or an expression. */
  readonly on:
    | readonly (
        | string
        | {
            readonly column: string
            readonly order?: 'asc' | 'desc' | undefined
            readonly nulls?: 'first' | 'last' | undefined
          }
      )[]
    | { readonly expression: string }
  readonly unique?: boolean | undefined
  readonly using?: 'btree' | 'gin' | 'gist' | 'hash' | 'brin' | 'hnsw' | undefined
  readonly include?: readonly string[] | undefined
  readonly where?: string | undefined
  readonly opclass?: string | undefined
  readonly with?: Readonly<Record<string, string | number | boolean>> | undefined
}

export interface NewForeignKey {
  readonly columns: readonly string[]
  /** A table, with its schema unless that is `public`; `{key}` in its name stands for the tenant's. */
  readonly references: string
  /** Columns there; without them its primary key. */
  readonly to?: readonly string[] | undefined
  readonly onDelete?: 'cascade' | 'restrict' | 'set null' | 'set default' | undefined
  readonly onUpdate?: 'cascade' | 'restrict' | 'set null' | 'set default' | undefined
}

export interface NewPolicy {
  readonly name: string
  /** Default: all. */
  readonly for?: 'all' | 'select' | 'insert' | 'update' | 'delete' | undefined
  /** Roles; `public`, which is everybody, has to be named too. */
  readonly to: string | readonly string[]
  /** SQL over the row; `{key}` is the tenant's key as a literal. */
  readonly using?: string | undefined
  readonly check?: string | undefined
  /** True where it has to hold besides another one. */
  readonly restrictive?: boolean | undefined
}

export type TableRight = 'select' | 'insert' | 'update' | 'delete' | 'truncate' | 'references' | 'trigger'

/** What a table made like another one may have of its own. */
export interface TableSettings {
  /** Without it nobody but the owner has any right. With `like`, it takes the place of the other table's. */
  readonly grants?: Readonly<Record<string, 'all' | TableRight | readonly TableRight[]>> | undefined
  readonly policies?: readonly NewPolicy[] | undefined
  /** Default: true. `forced` for the owner as well. */
  readonly rowSecurity?: boolean | 'forced' | undefined
  /** Default: the role that Lockstep connects as; with `like`, the other table's owner. */
  readonly owner?: string | undefined
  /** Publications of which it becomes part. */
  readonly publication?: string | readonly string[] | undefined
  /** Storage parameters: `{ fillfactor: 80 }`. */
  readonly storage?: Readonly<Record<string, string | number | boolean>> | undefined
  readonly comment?: string | undefined
}

export interface DeclaredTable extends TableSettings {
  /** By name, in their order; a text is the type of a column that may be null. */
  readonly columns: Readonly<Record<string, string | NewColumn>>
  readonly primaryKey?: string | readonly string[] | undefined
  readonly unique?: readonly (string | readonly string[])[] | undefined
  readonly indexes?: readonly (string | readonly string[] | NewIndex)[] | undefined
  /** SQL over the row, with a name of its own where that matters. */
  readonly checks?: readonly (string | { readonly name: string; readonly sql: string })[] | undefined
  readonly foreignKeys?: readonly NewForeignKey[] | undefined
}

/** A copy of everything of a table but its rows. */
export interface TableLike extends TableSettings {
  readonly like: string
}

export type CreateTableOptions = DeclaredTable | TableLike

const name = z.string().min(1)
const names = z.array(name).min(1).readonly()
const sql = z.string().trim().min(1)
const setting = z.record(z.string().regex(/^[a-z_.]+$/), z.union([z.string(), z.number(), z.boolean()])).readonly()
const action = z.enum(['cascade', 'restrict', 'set null', 'set default']).optional()
const right = z.enum(['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger'])

const settings = {
  grants: z
    .record(name, z.union([z.literal('all'), right, z.array(right).min(1).readonly()]))
    .readonly()
    .optional(),
  policies: z
    .array(
      z.strictObject({
        name,
        for: z.enum(['all', 'select', 'insert', 'update', 'delete']).optional(),
        to: z.union([name, names]),
        using: sql.optional(),
        check: sql.optional(),
        restrictive: z.boolean().optional(),
      }),
    )
    .readonly()
    .optional(),
  rowSecurity: z.union([z.boolean(), z.literal('forced')]).optional(),
  owner: name.optional(),
  publication: z.union([name, names]).optional(),
  storage: setting.optional(),
  comment: z.string().min(1).optional(),
}

const columnForm = z.strictObject({
  type: name,
  notNull: z.boolean().optional(),
  default: z.union([z.string(), z.number(), z.boolean(), z.strictObject({ sql })]).optional(),
  identity: z.enum(['always', 'by default']).optional(),
  generated: sql.optional(),
  collation: name.optional(),
  comment: z.string().min(1).optional(),
})

const indexForm = z.strictObject({
  on: z.union([
    z
      .array(
        z.union([
          name,
          z.strictObject({
            column: name,
            order: z.enum(['asc', 'desc']).optional(),
            nulls: z.enum(['first', 'last']).optional(),
          }),
        ]),
      )
      .min(1)
      .readonly(),
    z.strictObject({ expression: sql }),
  ]),
  unique: z.boolean().optional(),
  using: z.enum(['btree', 'gin', 'gist', 'hash', 'brin', 'hnsw']).optional(),
  include: names.optional(),
  where: sql.optional(),
  opclass: z
    .string()
    .regex(/^\w+(\.\w+)?$/)
    .optional(),
  with: setting.optional(),
})

const declaredForm = z.strictObject({
  ...settings,
  columns: z.record(name, z.union([name, columnForm])).readonly(),
  primaryKey: z.union([name, names]).optional(),
  unique: z
    .array(z.union([name, names]))
    .readonly()
    .optional(),
  indexes: z
    .array(z.union([name, names, indexForm]))
    .readonly()
    .optional(),
  checks: z
    .array(z.union([sql, z.strictObject({ name, sql })]))
    .readonly()
    .optional(),
  foreignKeys: z
    .array(
      z.strictObject({ columns: names, references: name, to: names.optional(), onDelete: action, onUpdate: action }),
    )
    .readonly()
    .optional(),
})

const likeForm = z.strictObject({ ...settings, like: name })

/** Either form, told apart by `like`. */
export function parseOptions(options: unknown): z.ZodSafeParseResult<CreateTableOptions> {
  const isLike = typeof options === 'object' && options !== null && 'like' in options
  return isLike ? likeForm.safeParse(options) : declaredForm.safeParse(options)
}

/** One name or several, as a list. */
export function listOf(given: string | readonly string[] | undefined): readonly string[] {
  if (given === undefined) return []
  return typeof given === 'string' ? [given] : given
}
