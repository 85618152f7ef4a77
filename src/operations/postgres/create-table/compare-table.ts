import { quoteTable } from '../../../kernel/identifiers.ts'
import type { Queryable } from '../../../stores/tables.ts'
import { readTable } from './read-table.ts'
import { isSameSql, loosely } from './same-sql.ts'
import type { Row } from './same-sql.ts'
import type {
  ColumnDefinition,
  ConstraintDefinition,
  Exposure,
  GrantDefinition,
  IndexDefinition,
  PolicyDefinition,
  TableDefinition,
} from './table-definition.ts'
import { referencedTable } from './template.ts'
import type { NamedTable } from './template.ts'

/**
 * How the table that is there differs from the one wanted, each in words; undefined where there is none. Expressions are
 * the same where the server makes the same of them; names that nobody gave, and what nobody declared to be (an owner, a
 * comment), may be anything.
 */
export async function differences(
  q: Queryable,
  wanted: TableDefinition,
  table: NamedTable,
): Promise<readonly string[] | undefined> {
  const found = await readTable(q, table)
  if (found === undefined) return undefined
  const row = { table, columns: found.columns }
  return [
    ...(await columnDifferences(q, wanted.columns, row)),
    ...(await setDifferences('constraint', wanted.constraints, found.constraints, {
      isSame: (one, other) => isSameConstraint(q, row, one, other),
      print: printConstraint,
    })),
    ...(await setDifferences('index', wanted.indexes, found.indexes, {
      isSame: (one, other) => isSameIndex(q, row, one, other),
      print: ({ keys }) => `on ${keys.map(({ sql }) => sql).join(', ')}`,
    })),
    ...(await setDifferences('policy', wanted.policies, found.policies, {
      isSame: (one, other) => isSamePolicy(q, row, one, other),
      print: ({ name }) => name,
    })),
    ...(await setDifferences('trigger', wanted.triggers, found.triggers, {
      isSame: (one, other) => Promise.resolve(loosely(one.join('')) === loosely(other.join(''))),
      print: ([before]) => before,
    })),
    ...settingDifferences(wanted, found),
  ]
}

async function columnDifferences(
  q: Queryable,
  wanted: readonly ColumnDefinition[],
  row: Row,
): Promise<readonly string[]> {
  const there = new Map(row.columns.map((column) => [column.name, column]))
  const told: string[] = []
  for (const column of wanted) {
    const found = there.get(column.name)
    const says = found === undefined ? ['is missing'] : await differencesOf(q, row, column, found)
    told.push(...says.map((each) => `column ${column.name} ${each}`))
  }
  const known = new Set(wanted.map(({ name }) => name))
  return [...told, ...row.columns.flatMap(({ name }) => (known.has(name) ? [] : [`column ${name} is there besides`]))]
}

async function differencesOf(
  q: Queryable,
  row: Row,
  column: ColumnDefinition,
  found: ColumnDefinition,
): Promise<readonly string[]> {
  const hasDefault = await isSameSql(q, row, cast(column.default, column.type), cast(found.default, column.type))
  const isGenerated = await isSameSql(q, row, column.generated, found.generated)
  return [
    ...(loosely(found.type) === loosely(column.type) ? [] : [`is ${found.type}, not ${column.type}`]),
    ...(found.notNull === column.notNull ? [] : [found.notNull ? 'cannot be null' : 'can be null']),
    ...(found.identity === column.identity
      ? []
      : [`is ${found.identity === undefined ? 'not ' : ''}numbered by the database`]),
    ...((found.serial ?? false) === (column.serial ?? false) ? [] : ['has another sequence']),
    ...(bareName(found.collation) === bareName(column.collation) ? [] : ['has another collation']),
    ...(hasDefault ? [] : [`has ${found.default === undefined ? 'no default' : 'another default'}`]),
    ...(isGenerated ? [] : ['is generated in another way']),
  ]
}

/** Without the schema, which people leave out. */
function bareName(quoted: string | undefined): string | undefined {
  return quoted === undefined ? undefined : loosely(quoted).replace(/^.*\./, '')
}

function cast(sql: string | undefined, type: string): string | undefined {
  return sql === undefined ? undefined : `(${sql}\n)::${type}`
}

interface Alike<T> {
  readonly isSame: (one: T, other: T) => Promise<boolean>
  readonly print: (each: T) => string
}

/** What has no partner on the other side: nothing here has a name to go by. */
async function setDifferences<T>(
  kind: string,
  wanted: readonly T[],
  found: readonly T[],
  { isSame, print }: Alike<T>,
): Promise<readonly string[]> {
  const left = [...found]
  const told: string[] = []
  for (const each of wanted) {
    let at = -1
    for (const [n, other] of left.entries()) if (at < 0 && (await isSame(each, other))) at = n
    if (at < 0) told.push(`${kind} ${print(each)} is missing`)
    else left.splice(at, 1)
  }
  return [...told, ...left.map((each) => `${kind} ${print(each)} is there besides`)]
}

async function isSameConstraint(
  q: Queryable,
  row: Row,
  one: ConstraintDefinition,
  other: ConstraintDefinition,
): Promise<boolean> {
  if (one.kind === 'check' && other.kind === 'check') return isSameSql(q, row, one.sql, other.sql)
  if (one.kind === 'key' && other.kind === 'key') return loosely(one.definition) === loosely(other.definition)
  if (one.kind !== 'foreign key' || other.kind !== 'foreign key') return false
  const target = ({ references }: typeof one): string =>
    quoteTable(references === undefined ? row.table : referencedTable(references, row.table.key))
  return (
    target(one) === target(other) &&
    (one.to.length === 0 || String(one.to) === String(other.to)) &&
    [one, other]
      .map((each) => JSON.stringify([each.columns, each.onDelete, each.onUpdate, each.rest]))
      .every((text, _, [first]) => text === first)
  )
}

function printConstraint(constraint: ConstraintDefinition): string {
  switch (constraint.kind) {
    case 'check':
      return `check (${constraint.sql})`
    case 'key':
      return constraint.definition
    case 'foreign key':
      return `foreign key (${constraint.columns.join(', ')})`
  }
}

async function isSameIndex(q: Queryable, row: Row, one: IndexDefinition, other: IndexDefinition): Promise<boolean> {
  const plain = ({ unique, nullsNotDistinct, method, include, keys, with: settings }: IndexDefinition): string =>
    JSON.stringify([
      [unique, nullsNotDistinct, method, include, printSettings(settings)],
      keys.map(({ opclass, collation, descending, nullsFirst }) => [opclass, collation, descending, nullsFirst]),
    ])
  if (plain(one) !== plain(other)) return false
  for (const [n, { sql }] of one.keys.entries()) if (!(await isSameSql(q, row, sql, other.keys[n]?.sql))) return false
  return isSameSql(q, row, one.where, other.where)
}

async function isSamePolicy(q: Queryable, row: Row, one: PolicyDefinition, other: PolicyDefinition): Promise<boolean> {
  const plain = ({ name, command, permissive, roles }: PolicyDefinition): string =>
    JSON.stringify([name, command, permissive, roles])
  return (
    plain(one) === plain(other) &&
    (await isSameSql(q, row, one.using, other.using)) &&
    (await isSameSql(q, row, one.check, other.check))
  )
}

function printSettings(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join()
}

function settingDifferences(wanted: TableDefinition, found: TableDefinition): readonly string[] {
  const settings = (of: TableDefinition): string => printSettings(of.storage)
  return [
    ...exposureDifferences(wanted, found),
    ...(wanted.owner === undefined || wanted.owner === found.owner ? [] : [`its owner is ${found.owner ?? ''}`]),
    ...(wanted.comment === undefined || wanted.comment === found.comment ? [] : ['its comment is another']),
    ...(settings(wanted) === settings(found) ? [] : ['its storage parameters are others']),
    ...wanted.publications.flatMap((each) =>
      found.publications.includes(each) ? [] : [`publication ${each} has it not`],
    ),
  ]
}

/** Who can see what, compared both ways. */
export function exposureDifferences(wanted: Exposure, found: Exposure): readonly string[] {
  const rights = ({ grants }: Exposure): readonly string[] => grants.flatMap(rightsOf)
  const [declared, given] = [new Set(rights(wanted)), new Set(rights(found))]
  return [
    ...(wanted.rowSecurity === found.rowSecurity ? [] : [`row security is ${found.rowSecurity ? 'on' : 'off'}`]),
    ...(wanted.forced === found.forced ? [] : [`row security is ${found.forced ? '' : 'not '}forced`]),
    ...[...given].flatMap((each) => (declared.has(each) ? [] : [`${each} is granted besides`])),
    ...[...declared].flatMap((each) => (given.has(each) ? [] : [`${each} is not granted`])),
  ]
}

function rightsOf({ grantee, privileges, column, grantable }: GrantDefinition): readonly string[] {
  const of = (column === undefined ? '' : ` (${column})`) + (grantable ? ' with grant option' : '')
  return privileges.map((privilege) => `${privilege}${of} to ${grantee}`)
}
