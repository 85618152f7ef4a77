import { canonicalJson } from '../../../kernel/canonical-json.ts'
import { md5 } from '../../../kernel/checksum.ts'
import { derivedName, derivedNameSql, quoteIdentifier, quoteLiteral, quoteTable } from '../../../kernel/identifiers.ts'
import type { TableName } from '../../../kernel/identifiers.ts'
import { newTable } from '../../provision-steps.ts'
import type { Extension } from '../../provisioning.ts'
import type { AddColumnSpec } from './add-column.ts'

/** True where the default is evaluated for each row, after the column is there, instead of kept in the catalog. */
export function needsBackfill({ options }: AddColumnSpec): boolean {
  return typeof options.default === 'object'
}

/** The default as SQL; undefined where there is none. */
export function defaultSql({ options }: AddColumnSpec): string | undefined {
  const value = options.default
  if (value === undefined) return undefined
  return typeof value === 'object' ? value.sql : quoteLiteral(String(value))
}

/** Statements that add the column without touching a row. */
export function addStatements(spec: AddColumnSpec, table: string): readonly string[] {
  const column = quoteIdentifier(spec.column)
  const value = defaultSql(spec)
  if (needsBackfill(spec)) {
    return [
      `alter table ${table} add column ${column} ${spec.type}`,
      `alter table ${table} alter column ${column} set default ${value}`,
    ]
  }
  const notNull = spec.options.notNull === true ? ' not null' : ''
  return [
    `alter table ${table} add column ${column} ${spec.type}${value === undefined ? '' : ` default ${value}`}${notNull}`,
  ]
}

export function indexName(spec: AddColumnSpec, table: string): string {
  return derivedName(table, spec.column, 'idx')
}

export function indexSql(spec: AddColumnSpec, table: TableName, how: 'plainly' | 'concurrently'): string {
  const name = quoteIdentifier(indexName(spec, table.name))
  const concurrently = how === 'concurrently' ? ' concurrently' : ''
  return `create index${concurrently} ${name} on ${quoteTable(table)} (${quoteIdentifier(spec.column)})`
}

/** What the provisioning function has to do for a new tenant's table. */
export function extensionOf(spec: AddColumnSpec): Extension {
  const column = quoteIdentifier(spec.column)
  const value = defaultSql(spec)
  const definition = `${column} ${spec.type}${value === undefined ? '' : ` default ${value}`}${spec.options.notNull === true ? ' not null' : ''}`
  const add = `'alter table ' || ${newTable} || ${quoteLiteral(` add column ${definition}`)}`
  const index = `'create index ' || pg_catalog.quote_ident(${derivedNameSql('lockstep_table', spec.column, 'idx')}) || ' on ' || ${newTable} || ${quoteLiteral(` (${column})`)}`
  return {
    tag: tagOf(spec),
    what: `column ${spec.column}`,
    lacks: `not exists (select from pg_catalog.pg_attribute where attrelid = lockstep_oid and attname = ${quoteLiteral(spec.column)} and not attisdropped)`,
    statements: spec.options.index === true ? [add, index] : [add],
  }
}

/** Eight hex digits that name this very change. */
export function tagOf(spec: AddColumnSpec): string {
  return md5(canonicalJson(spec)).slice(0, 8)
}
