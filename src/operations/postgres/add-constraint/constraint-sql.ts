import {
  derivedName,
  derivedNameSql,
  parseTableName,
  quoteIdentifier,
  quoteLiteral,
  quoteTable,
} from '../../../kernel/identifiers.ts'
import type { ConstraintShape } from '../../../tenants/catalog.ts'
import { newTable } from '../../provision-steps.ts'
import type { Extension } from '../../provisioning.ts'
import { tagOfSpec } from '../../step-target.ts'
import type { TableState } from '../../table-state.ts'
import type { AddConstraintSpec, Rule } from './add-constraint.ts'

/** For people: `check (total >= 0)`, `foreign key (customer) to customers`. */
export function printConstraint({ rule }: AddConstraintSpec): string {
  switch (rule.kind) {
    case 'check':
      return `check (${rule.sql})`
    case 'foreign key':
      return `foreign key (${rule.columns.join(', ')}) to ${rule.references}`
    default:
      return `${rule.kind} (${rule.columns.join(', ')})`
  }
}

const endings = { check: 'check', 'foreign key': 'fkey', unique: 'key', 'primary key': 'pkey' } as const

function partOf(spec: AddConstraintSpec): string {
  const { rule } = spec
  return rule.kind === 'check' ? tagOf(spec).slice(0, 6) : rule.columns.join('_')
}

function tagOf(spec: AddConstraintSpec): string {
  return tagOfSpec('addConstraint', spec)
}

/** The name of the constraint in the table of this name, 63 bytes at most. */
export function constraintName(spec: AddConstraintSpec, table: string): string {
  return spec.name ?? derivedName(table, partOf(spec), endings[spec.rule.kind])
}

export function quotedColumns(columns: readonly string[]): string {
  return columns.map(quoteIdentifier).join(', ')
}

/** The table that a foreign key of this tenant's table refers to, quoted. */
export function referencedTable(references: string, key: string): string {
  return quoteTable(parseTableName(references.replaceAll('{key}', key)))
}

/** The definition; a foreign key's table is given quoted. */
export function definitionSql(rule: Rule, referenced = ''): string {
  switch (rule.kind) {
    case 'check':
      return `check (${rule.sql})`
    case 'foreign key':
      return [
        `foreign key (${quotedColumns(rule.columns)}) references ${referenced}`,
        rule.to.length === 0 ? '' : ` (${quotedColumns(rule.to)})`,
        rule.onUpdate === undefined ? '' : ` on update ${rule.onUpdate}`,
        rule.onDelete === undefined ? '' : ` on delete ${rule.onDelete}`,
      ].join('')
    default:
      return `${rule.kind} (${quotedColumns(rule.columns)})`
  }
}

/** The constraint as the table has it: ours by name, or one under another name that says the same. */
export function constraintIn(spec: AddConstraintSpec, table: TableState): ConstraintShape | undefined {
  const own = constraintName(spec, table.name)
  return (
    table.shape.constraints.find(({ name }) => name === own) ??
    table.shape.constraints.find((each) => each.validated && isEqual(spec, table, each))
  )
}

/** Whether it says what the spec says; conditions are compared as texts. */
export function isEqual(spec: AddConstraintSpec, { key }: TableState, constraint: ConstraintShape): boolean {
  const { rule } = spec
  if (constraint.kind !== rule.kind) return false
  const referenced = rule.kind === 'foreign key' ? referencedTable(rule.references, key) : ''
  const wanted = definitionSql(rule, referenced)
  // Without columns it refers to the primary key, which the server spells out.
  const isShort = rule.kind === 'foreign key' && rule.to.length === 0
  const found = isShort ? constraint.definition.replace(/( REFERENCES .+?)\([^()]*\)/, '$1') : constraint.definition
  return comparable(found) === comparable(wanted)
}

const keywords =
  /\b(?:CHECK|FOREIGN|PRIMARY|UNIQUE|KEY|REFERENCES|ON|UPDATE|DELETE|CASCADE|RESTRICT|SET|NULL|DEFAULT|NOT|VALID|AND|OR|IS|IN)\b/g

function comparable(definition: string): string {
  return definition
    .replace(keywords, (word) => word.toLowerCase())
    .replace(/ not valid$/, '')
    .replace(/::(?:text|character varying|numeric|integer)\b/g, '')
    .replace(/"?\bpublic"?\./g, '')
    .replace(/[\s"()]/g, '')
}

interface Born {
  /** SQL that is true where the new table has it not. */
  readonly absent: string
  /** SQL of the statement that adds it. */
  readonly add: string
  /** SQL that is true where it can be made. */
  readonly possible: string
}

function bornWith(spec: AddConstraintSpec): Born {
  const { rule } = spec
  const name =
    spec.name === undefined
      ? derivedNameSql('lockstep_table', partOf(spec), endings[rule.kind])
      : quoteLiteral(spec.name)
  const place = '{lockstep referenced}'
  const referenced = rule.kind === 'foreign key' ? referencedSql(rule.references) : `''`
  const definition = `pg_catalog.replace(${quoteLiteral(definitionSql(rule, place))}, ${quoteLiteral(place)}, ${referenced})`
  return {
    absent: `not exists (select from pg_catalog.pg_constraint where conrelid = lockstep_oid and conname = ${name})`,
    add: `'alter table ' || ${newTable} || ' add constraint ' || pg_catalog.quote_ident(${name}) || ' ' || ${definition}`,
    possible: rule.kind === 'foreign key' ? `pg_catalog.to_regclass(${referenced}) is not null` : 'true',
  }
}

/** New tenants' tables get it while they are empty; a primary key leaves the marks that tell which columns were nullable. */
export function extensionOf(spec: AddConstraintSpec): Extension {
  const { rule } = spec
  const { absent, add, possible } = bornWith(spec)
  return {
    tag: tagOf(spec),
    what: printConstraint(spec),
    lacks: `${absent} and ${possible}`,
    statements: [...(rule.kind === 'primary key' ? rule.columns.map((column) => markSql(spec, column)) : []), add],
  }
}

/** From contract on nobody needs the marks: a primary key comes without them. */
export function lastExtensionOf(spec: AddConstraintSpec): Extension | undefined {
  const { rule } = spec
  if (rule.kind !== 'primary key') return undefined
  const { absent, add } = bornWith(spec)
  const marks = rule.columns.map((column) => quoteLiteral(markName(spec, column)))
  const drops = rule.columns.map((column) => ` drop constraint if exists ${quoteIdentifier(markName(spec, column))}`)
  return {
    tag: tagOfSpec('addConstraint at last', spec),
    what: printConstraint(spec),
    lacks: `${absent} or exists (select from pg_catalog.pg_constraint where conrelid = lockstep_oid and conname in (${marks.join(', ')}))`,
    statements: [
      `case when ${absent} then ${add} else 'select 1' end`,
      `'alter table ' || ${newTable} || ${quoteLiteral(drops.join(','))}`,
    ],
  }
}

function referencedSql(references: string): string {
  const { schema, name } = parseTableName(references)
  const spelled = `pg_catalog.replace(${quoteLiteral(name)}, '{key}', lockstep_key)`
  return `pg_catalog.format('%I.%I', ${quoteLiteral(schema)}, ${spelled})`
}

/** A check that says which column of a new primary key could be NULL before: `down` gives that back. */
export function markName(spec: AddConstraintSpec, column: string): string {
  return derivedName('lockstep_required', column, tagOf(spec))
}

export function markDefinition(spec: AddConstraintSpec, column: string): string {
  return `add constraint ${quoteIdentifier(markName(spec, column))} check (${quoteIdentifier(column)} is not null)`
}

function markSql(spec: AddConstraintSpec, column: string): string {
  const isNullable = `exists (select from pg_catalog.pg_attribute where attrelid = lockstep_oid and attname = ${quoteLiteral(column)} and not attnotnull)`
  return `case when ${isNullable} then 'alter table ' || ${newTable} || ${quoteLiteral(` ${markDefinition(spec, column)}`)} else 'select 1' end`
}
