import { z } from 'zod'

const text = z.string()

const columnForm = z.object({
  name: text,
  /** As the server prints it with an empty search path: what is not built in has its schema in front. */
  type: text,
  notNull: z.boolean(),
  default: text.optional(),
  identity: z.enum(['always', 'by default']).optional(),
  /** SQL of the row's other columns, stored. */
  generated: text.optional(),
  /** True where the default is a sequence of the column's own. */
  serial: z.boolean().optional(),
  /** Quoted. */
  collation: text.optional(),
  comment: text.optional(),
  /** Settings of a column that is copied, where they are not those of its type. */
  storage: text.optional(),
  compression: text.optional(),
})

const constraintForm = z.union([
  z.object({ kind: z.literal('check'), name: text.optional(), sql: text }),
  /** A primary key, a unique or an exclusion constraint. */
  z.object({ kind: z.literal('key'), definition: text }),
  z.object({
    kind: z.literal('foreign key'),
    name: text.optional(),
    columns: z.array(text),
    /** With `{key}`; undefined for the table itself. */
    references: text.optional(),
    /** None for the primary key there. */
    to: z.array(text),
    onDelete: text.optional(),
    onUpdate: text.optional(),
    /** What stands behind all that: `deferrable initially deferred`. */
    rest: text.optional(),
  }),
])

const indexKeyForm = z.object({
  /** A quoted column, or an expression in parentheses. */
  sql: text,
  opclass: text.optional(),
  collation: text.optional(),
  descending: z.boolean(),
  nullsFirst: z.boolean(),
})

const indexForm = z.object({
  unique: z.boolean(),
  nullsNotDistinct: z.boolean(),
  method: text,
  keys: z.array(indexKeyForm),
  include: z.array(text),
  where: text.optional(),
  with: z.record(text, text),
})

const policyForm = z.object({
  name: text,
  command: z.enum(['all', 'select', 'insert', 'update', 'delete']),
  permissive: z.boolean(),
  /** Sorted. */
  roles: z.array(text),
  using: text.optional(),
  check: text.optional(),
})

const grantForm = z.object({
  /** A role, or `public` for all. */
  grantee: text,
  /** Sorted, lower case. */
  privileges: z.array(text),
  /** Of this column alone. */
  column: text.optional(),
  grantable: z.boolean(),
})

/** All that a table is but its name and its rows. */
export const definitionForm = z.object({
  columns: z.array(columnForm),
  constraints: z.array(constraintForm),
  indexes: z.array(indexForm),
  policies: z.array(policyForm),
  /** What stands before and behind the table's name in the definition. */
  triggers: z.array(z.tuple([text, text])),
  rowSecurity: z.boolean(),
  /** Row security for the owner as well. */
  forced: z.boolean(),
  grants: z.array(grantForm),
  /** Undefined: whoever makes it. */
  owner: text.optional(),
  comment: text.optional(),
  storage: z.record(text, text),
  publications: z.array(text),
  replicaIdentity: z.enum(['full', 'nothing']).optional(),
})

/** What says who can see what. */
export const exposureForm = definitionForm.pick({ grants: true, rowSecurity: true, forced: true })
export type Exposure = z.infer<typeof exposureForm>

export type TableDefinition = z.infer<typeof definitionForm>
export type ColumnDefinition = TableDefinition['columns'][number]
export type ConstraintDefinition = TableDefinition['constraints'][number]
export type IndexDefinition = TableDefinition['indexes'][number]
export type PolicyDefinition = TableDefinition['policies'][number]
export type GrantDefinition = TableDefinition['grants'][number]
