import { parseTableName, quoteLiteral, quoteTable } from '../../../kernel/identifiers.ts'
import type { TableName } from '../../../kernel/identifiers.ts'
import { newTable } from '../../provision-steps.ts'

/** A table by its name and the key that makes it one tenant's; '' for the only one. */
export interface NamedTable extends TableName {
  readonly key: string
}

/** SQL in which the table is not yet named. */
export type Template = readonly Part[]

type Part =
  | string
  /** The quoted name of the table, or that as a literal. */
  | { readonly as: 'table' | 'table literal' }
  /** The tenant's key as a literal. */
  | { readonly as: 'key literal' }
  /** The quoted name of another table, `{key}` in it filled in. */
  | { readonly as: 'reference'; readonly table: string }

export const theTable: Part = Object.freeze({ as: 'table' })
export const theTableLiteral: Part = Object.freeze({ as: 'table literal' })

export function referenceTo(table: string): Part {
  return { as: 'reference', table }
}

/** SQL of a user, in which `{key}` stands for the tenant's key as a literal. */
export function ofUser(sql: string): Template {
  const [first = '', ...rest] = sql.split('{key}')
  return [first, ...rest.flatMap((text): Template => [{ as: 'key literal' }, text])]
}

/** The SQL for one table. */
export function rendered(template: Template, table: NamedTable): string {
  return template.map((part) => renderedPart(part, table)).join('')
}

function renderedPart(part: Part, table: NamedTable): string {
  if (typeof part === 'string') return part
  switch (part.as) {
    case 'table':
      return quoteTable(table)
    case 'table literal':
      return quoteLiteral(quoteTable(table))
    case 'key literal':
      return quoteLiteral(table.key)
    case 'reference':
      return quoteTable(referencedTable(part.table, table.key))
  }
}

/** The table that this one refers to. */
export function referencedTable(table: string, key: string): TableName {
  return parseTableName(table.replaceAll('{key}', key))
}

/** A SQL expression that gives the SQL for the new tenant's table, inside an extension of the provisioning function. */
export function renderedBySql(template: Template): string {
  return template.map(partBySql).join(' || ')
}

function partBySql(part: Part): string {
  if (typeof part === 'string') return quoteLiteral(part)
  switch (part.as) {
    case 'table':
      return newTable
    case 'table literal':
      return `pg_catalog.quote_literal(${newTable})`
    case 'key literal':
      return 'pg_catalog.quote_literal(lockstep_key)'
    case 'reference':
      return referenceBySql(part.table)
  }
}

/** A SQL expression of the quoted name of a table that the new tenant's one refers to. */
export function referenceBySql(table: string): string {
  const { schema, name } = parseTableName(table)
  const filled = (text: string): string => `pg_catalog.replace(${quoteLiteral(text)}, '{key}', lockstep_key)`
  return `pg_catalog.format('%I.%I', ${filled(schema)}, ${filled(name)})`
}
