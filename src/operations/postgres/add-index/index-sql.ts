import { derivedName, derivedNameSql, quoteIdentifier, quoteLiteral, quoteTable } from '../../../kernel/identifiers.ts'
import type { TableName } from '../../../kernel/identifiers.ts'
import type { IndexShape } from '../../../tenants/catalog.ts'
import { newTable } from '../../provision-steps.ts'
import type { Extension } from '../../provisioning.ts'
import { tagOfSpec } from '../../step-target.ts'
import type { AddIndexSpec, IndexColumn } from './add-index.ts'

/** For people: `unique index (customer, at desc)`, `hnsw index (embedding)`. */
export function printIndex({ on, options }: AddIndexSpec): string {
  const keys = 'expression' in on ? on.expression : on.map(printColumn).join(', ')
  const kinds = [
    ...(options.unique === true ? ['unique'] : []),
    ...(options.using === undefined ? [] : [options.using]),
  ]
  return `${[...kinds, 'index'].join(' ')} (${keys})${options.where === undefined ? '' : ` where ${options.where}`}`
}

function printColumn(column: IndexColumn): string {
  if (typeof column === 'string') return column
  return `${column.column}${column.order === 'desc' ? ' desc' : ''}${column.nulls === undefined ? '' : ` nulls ${column.nulls}`}`
}

/** Columns that the spec names, those in expressions not among them. */
export function columnsOf({ on, options }: AddIndexSpec): readonly string[] {
  const keys = 'expression' in on ? [] : on.map((each) => (typeof each === 'string' ? each : each.column))
  return [...keys, ...(options.include ?? [])]
}

/** What tells this index from others of the same table, for its name. */
function partOf(spec: AddIndexSpec): string {
  const { on, options } = spec
  const isPlain = !('expression' in on) && on.every((each) => typeof each === 'string')
  const rest = [options.where, options.opclass, options.include, options.using, options.with]
  const columns = 'expression' in on ? [] : on.map((each) => (typeof each === 'string' ? each : each.column))
  const isUsual = isPlain && rest.every((each) => each === undefined)
  const words = [...columns, ...(options.unique === true ? ['unique'] : [])]
  return isUsual ? words.join('_') : [...words, tagOfSpec('index', { on, options }).slice(0, 6)].join('_')
}

/** The name of the index in the table of this name, 63 bytes at most. */
export function indexNameIn(spec: AddIndexSpec, table: string): string {
  return spec.options.name ?? derivedName(table, partOf(spec), 'idx')
}

/** Everything after the table's name. */
function bodyOf({ on, options }: AddIndexSpec): string {
  const opclass = options.opclass === undefined ? '' : ` ${options.opclass}`
  const keys =
    'expression' in on ? `(${on.expression})${opclass}` : on.map((column) => keySql(column, opclass)).join(', ')
  const include = options.include === undefined ? '' : ` include (${options.include.map(quoteIdentifier).join(', ')})`
  const settings = Object.entries(options.with ?? {}).map(([key, value]) => `${key} = ${quoteLiteral(String(value))}`)
  return [
    ` using ${options.using ?? 'btree'} (${keys})`,
    include,
    settings.length === 0 ? '' : ` with (${settings.join(', ')})`,
    options.where === undefined ? '' : ` where (${options.where})`,
  ].join('')
}

function keySql(column: IndexColumn, opclass: string): string {
  if (typeof column === 'string') return quoteIdentifier(column) + opclass
  const isDescending = column.order === 'desc'
  // Only what differs from the default, as Postgres prints it too.
  const usual = isDescending ? 'first' : 'last'
  const nulls = column.nulls === undefined || column.nulls === usual ? '' : ` nulls ${column.nulls}`
  return `${quoteIdentifier(column.column)}${opclass}${isDescending ? ' desc' : ''}${nulls}`
}

const createOf = ({ options }: AddIndexSpec): string => `create ${options.unique === true ? 'unique ' : ''}index`

export function createSql(spec: AddIndexSpec, table: TableName, how: 'plainly' | 'concurrently'): string {
  const concurrently = how === 'concurrently' ? ' concurrently' : ''
  const index = quoteIdentifier(indexNameIn(spec, table.name))
  return `${createOf(spec)}${concurrently} ${index} on ${quoteTable(table)}${bodyOf(spec)}`
}

/** Ours by name, or one under another name that is as good. */
export function isWanted(spec: AddIndexSpec, index: IndexShape, table: TableName): boolean {
  return index.name === indexNameIn(spec, table.name) || isEqual(spec, index)
}

/** Whether the index is what the spec says, under whatever name; expressions are compared as texts. */
export function isEqual(spec: AddIndexSpec, index: IndexShape): boolean {
  if (index.unique !== (spec.options.unique === true)) return false
  const at = index.definition.indexOf(' USING ')
  return comparable(index.definition.slice(at)) === wantedBody(spec)
}

const wantedBodies = new WeakMap<AddIndexSpec, string>()

/** Asked for by every table of a fleet. */
function wantedBody(spec: AddIndexSpec): string {
  const known = wantedBodies.get(spec) ?? comparable(bodyOf(spec))
  wantedBodies.set(spec, known)
  return known
}

const keywords = /\b(?:USING|INCLUDE|WITH|WHERE|DESC|NULLS|FIRST|LAST|AND|OR|NOT|IS|NULL)\b/g

/** Without what Postgres writes in other ways than people do: quoted names, casts of literals, spaces, parentheses. */
function comparable(body: string): string {
  return body
    .replace(keywords, (word) => word.toLowerCase())
    .replace(/::(?:text|character varying)\b/g, '')
    .replace(/[\s"()]/g, '')
}

/** Every new tenant's table gets the index while it is empty. */
export function extensionOf(spec: AddIndexSpec): Extension {
  const name = derivedNameSql('lockstep_table', partOf(spec), 'idx')
  return {
    tag: tagOfSpec('addIndex', spec),
    what: printIndex(spec),
    lacks: `not exists (select from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid where i.indrelid = lockstep_oid and c.relname = ${name})`,
    statements: [
      `${quoteLiteral(`${createOf(spec)} `)} || pg_catalog.quote_ident(${name}) || ' on ' || ${newTable} || ${quoteLiteral(bodyOf(spec))}`,
    ],
  }
}
