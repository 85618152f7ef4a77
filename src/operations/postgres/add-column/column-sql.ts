import { canonicalJson } from '../../../kernel/canonical-json.ts'
import { md5 } from '../../../kernel/checksum.ts'
import { derivedName, derivedNameSql, quoteIdentifier, quoteLiteral, quoteTable } from '../../../kernel/identifiers.ts'
import type { ColumnState } from '../../column-state.ts'
import type { Extension } from '../../provisioning.ts'
import type { AddColumnSpec } from './add-column.ts'

/** Tables up to this many bytes get their index inside the group's transaction: it takes milliseconds. */
export const smallTable = 1024 * 1024

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

export function indexSql(spec: AddColumnSpec, schema: string, table: string, how: 'plainly' | 'concurrently'): string {
  const name = quoteIdentifier(indexName(spec, table))
  const concurrently = how === 'concurrently' ? ' concurrently' : ''
  return `create index${concurrently} ${name} on ${quoteTable({ schema, name: table })} (${quoteIdentifier(spec.column)})`
}

/** The index this step made for the table, if it is there. */
export function indexOf(spec: AddColumnSpec, state: ColumnState): ColumnState['indexes'][number] | undefined {
  return (
    state.indexes.find((index) => index.name === indexName(spec, state.table)) ??
    state.indexes.find((index) => index.valid)
  )
}

export function checkName(spec: AddColumnSpec, table: string): string {
  return derivedName(table, spec.column, 'not_null')
}

/** What the provisioning function has to do for a new tenant's table. */
export function extensionOf(spec: AddColumnSpec): Extension {
  const table = `pg_catalog.format('%I.%I', lockstep_schema, lockstep_table)`
  const column = quoteIdentifier(spec.column)
  const value = defaultSql(spec)
  const definition = `${column} ${spec.type}${value === undefined ? '' : ` default ${value}`}${spec.options.notNull === true ? ' not null' : ''}`
  const add = `'alter table ' || ${table} || ${quoteLiteral(` add column ${definition}`)}`
  const index = `'create index ' || pg_catalog.quote_ident(${derivedNameSql('lockstep_table', spec.column, 'idx')}) || ' on ' || ${table} || ${quoteLiteral(` (${column})`)}`
  return {
    tag: md5(canonicalJson(spec)).slice(0, 8),
    column: spec.column,
    statements: spec.options.index === true ? [add, index] : [add],
  }
}
