import { md5 } from '../kernel/checksum.ts'
import { LockstepError } from '../kernel/errors.ts'
import { parseTableName } from '../kernel/identifiers.ts'
import type { TableName } from '../kernel/identifiers.ts'

/** The ids of a collection's documents are the tenants' uids. */
export interface DocumentsSource {
  readonly from: 'documents'
  readonly collection: string
}

/** The first column of the result holds the tenants' uids. */
export interface SqlSource {
  readonly from: 'sql'
  readonly sql: string
}

export interface TenantsConfig {
  readonly source: DocumentsSource | SqlSource
  /** How a uid becomes the key in table names. */
  readonly key: 'md5' | 'plain'
  /** Template name → table name with `{key}` once, e.g. `user_table_{key}`; a schema may stand before it. */
  readonly tables: Readonly<Record<string, string>>
  /** The function that makes a tenant's tables, with its argument types, e.g. `create_user_table(text)`. */
  readonly provision?: string | undefined
  /**
   * What to do where source and catalog disagree, or a step cannot be done to some of the tables: leave those out and
   * tell (the default), or stop.
   */
  readonly mismatches?: 'error' | 'skip' | undefined
  /** Uids of tenants whose tables are changed before all others; without them one in a hundred. */
  readonly canaries?: readonly string[] | undefined
}

/** A step's target: one table by name, or the tables of every tenant made from one template. */
export type TableTarget = { readonly table: string } | { readonly tenants: string }

/** Every tenant's table of this template, as named under `tenants.tables` in the configuration. */
export function tenants(template: string): { readonly tenants: string } {
  return Object.freeze({ tenants: template })
}

export interface TableTemplate {
  readonly name: string
  readonly schema: string
  readonly prefix: string
  readonly suffix: string
  /** An anchored POSIX expression that matches the template's tables and nothing else. */
  readonly expression: string
  /** What makes a key. */
  readonly key: KeyForm
}

export interface KeyForm {
  /** A POSIX expression of a character that no key has. */
  readonly foreign: string
  /** Characters, where all keys have as many. */
  readonly length?: number
}

const keyForms: Readonly<Record<TenantsConfig['key'], KeyForm & { readonly expression: string }>> = {
  md5: { expression: '[0-9a-f]{32}', foreign: '[^0-9a-f]', length: 32 },
  plain: { expression: '[A-Za-z0-9_-]+', foreign: '[^A-Za-z0-9_-]' },
}

/** Schemas that Postgres, Supabase or Lockstep keep for themselves. */
const managed =
  /^(pg_.*|information_schema|auth|storage|realtime|_realtime|vault|extensions|graphql|graphql_public|pgsodium|pgsodium_masks|supabase_.*|_supavisor|_analytics|net|cron|pgbouncer|pgtle|lockstep|lockstep_.*)$/

/** Throws LS-2111 for a table of a schema that somebody else keeps in order. */
export function refuseManaged({ schema, name }: TableName): void {
  if (!managed.test(schema)) return
  throw new LockstepError('LS-2111', `table ${schema}.${name} is not yours to change: schema ${schema} is managed`, {
    where: { name: `${schema}.${name}` },
    why: 'the platform migrates it itself, and refuses or overwrites what others change there',
    hint: 'keep what is yours in a schema of your own, with a foreign key or a view on it',
  })
}

/** Keys are hex digits for md5, otherwise what survives unquoted: never anything that needs escaping. */
export function parseTemplate(config: TenantsConfig, name: string): TableTemplate {
  const text = config.tables[name]
  if (text === undefined) {
    throw new LockstepError('LS-2203', `no tenant table "${name}" in the configuration`, {
      where: { name: `tenants.tables.${name}` },
      hint: `known are: ${Object.keys(config.tables).join(', ') || 'none'}`,
    })
  }
  const { schema, name: pattern } = parseTableName(text)
  refuseManaged({ schema, name: pattern })
  const [prefix = '', suffix = '', ...rest] = pattern.split('{key}')
  if (!pattern.includes('{key}') || rest.length > 0) {
    throw new LockstepError('LS-1003', `tenant table "${text}" must contain {key} exactly once`, {
      where: { name: `tenants.tables.${name}` },
      hint: 'write it as in user_table_{key}',
    })
  }
  const key = keyForms[config.key]
  return {
    name,
    schema,
    prefix,
    suffix,
    expression: `^${escapeExpression(prefix)}(${key.expression})${escapeExpression(suffix)}$`,
    key,
  }
}

export function keyOf(config: TenantsConfig, uid: string): string {
  return config.key === 'md5' ? md5(uid) : uid
}

export function tableOf(template: TableTemplate, key: string): TableName {
  return { schema: template.schema, name: template.prefix + key + template.suffix }
}

function escapeExpression(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
