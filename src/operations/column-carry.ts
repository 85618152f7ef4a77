import { derivedName, quoteIdentifier, quoteLiteral, quoteTable } from '../kernel/identifiers.ts'
import type { ConstraintShape, IndexShape } from '../tenants/catalog.ts'
import { columnIn, isIdentity, upSql } from './column-pair.ts'
import type { ColumnPair } from './column-pair.ts'
import { requiredPasses } from './required-passes.ts'
import { namesColumn, renameInSql } from './sql-names.ts'
import type { CatalogPass } from './table-passes.ts'
import { smallTable } from './table-state.ts'
import type { TableState } from './table-state.ts'

/** What is said of the old column is said of the new one: a name that has the old one's in it, or else both. */
function carriedName(pair: ColumnPair, name: string): string {
  if (pair.called !== undefined) return pair.called(name)
  const renamed = name.replaceAll(pair.old, pair.new)
  return renamed === name || Buffer.byteLength(renamed) > 63 ? derivedName(name, pair.new, pair.tag) : renamed
}

/** The part of a definition that may name columns: after `USING btree`, for the table's own name stands before. */
export const aboutColumns = (definition: string): string => definition.slice(definition.indexOf(' USING '))

/** Indexes of the old column that no constraint stands for. */
export function indexesOf(pair: ColumnPair, { shape }: TableState): readonly IndexShape[] {
  const ofConstraints = new Set(shape.constraints.map(({ name }) => name))
  return shape.indexes.filter(
    ({ name, definition }) =>
      !ofConstraints.has(name) && !pair.leave.includes(name) && namesColumn(aboutColumns(definition), pair.old),
  )
}

/** Checks and foreign keys of the old column. */
export function constraintsOf(pair: ColumnPair, { shape }: TableState): readonly ConstraintShape[] {
  return shape.constraints.filter(
    ({ name, kind, columns }) =>
      (kind === 'check' || kind === 'foreign key') && columns.includes(pair.old) && !pair.leave.includes(name),
  )
}

/** Unique constraints of the old column. One that may be deferred is not among them: its index alone would refuse more. */
function uniquesOf(pair: ColumnPair, { shape }: TableState): readonly ConstraintShape[] {
  return shape.constraints.filter(
    ({ name, kind, columns, definition }) =>
      kind === 'unique' && columns.includes(pair.old) && !pair.leave.includes(name) && !isDeferrable(definition),
  )
}

export function isDeferrable(definition: string): boolean {
  return / DEFERRABLE( INITIALLY \w+)?$/.test(definition)
}

/** Indexes that the new column is to have as well, those behind unique constraints among them. */
function carriedIndexes(pair: ColumnPair, table: TableState): readonly IndexShape[] {
  const unique = new Set(uniquesOf(pair, table).map(({ name }) => name))
  return [...indexesOf(pair, table), ...table.shape.indexes.filter(({ name }) => unique.has(name))]
}

/** Names that the new column's indexes and constraints are to have, but something else has. */
export function takenNames(pair: ColumnPair, table: TableState): readonly string[] {
  const { shape } = table
  const about = [
    ...shape.indexes.map(({ name, definition }) => ({ name, text: aboutColumns(definition) })),
    ...shape.constraints.map(({ name, definition }) => ({ name, text: definition })),
  ]
  return [...carriedIndexes(pair, table), ...constraintsOf(pair, table)]
    .map(({ name }) => carriedName(pair, name))
    .filter((name) => about.some((each) => each.name === name && !namesColumn(each.text, pair.new)))
}

/** Indexes, checks, foreign keys and NOT NULL of the old column for the new one, once it is filled. */
export function carryPasses(pair: ColumnPair): readonly CatalogPass[] {
  return [
    ...carriedIndexPasses(pair),
    carriedUniquePass(pair),
    ...carriedConstraintPasses(pair),
    ...carriedNotNull(pair),
  ]
}

const indexesAtOnce = 10

/** Whether it is what the new column has of the old one's index of that name. */
function isCarried(pair: ColumnPair, index: IndexShape, name: string): boolean {
  return index.name === carriedName(pair, name) && namesColumn(aboutColumns(index.definition), pair.new)
}

function missingIndexes(pair: ColumnPair, table: TableState): readonly IndexShape[] {
  const valid = table.shape.indexes.filter((index) => index.valid)
  return carriedIndexes(pair, table).filter(({ name }) => !valid.some((each) => isCarried(pair, each, name)))
}

function carriedIndexPasses(pair: ColumnPair): readonly CatalogPass[] {
  const missing = (table: TableState): readonly IndexShape[] => missingIndexes(pair, table)
  const leftover = ({ shape }: TableState, name: string): boolean =>
    shape.indexes.some((each) => isCarried(pair, each, name))
  const create = (table: TableState, { name, unique, definition }: IndexShape, how: string): string =>
    `create ${unique ? 'unique ' : ''}index ${how}${quoteIdentifier(carriedName(pair, name))} on ${quoteTable(table)}` +
    renameInSql(aboutColumns(definition), pair.old, pair.new)
  const drop = (table: TableState, name: string, how: string): string =>
    `drop index ${how}${quoteIdentifier(table.schema)}.${quoteIdentifier(carriedName(pair, name))}`
  const shared = {
    phase: 'cutover',
    undo: 'goes with the new column',
    lacking: `column ${pair.new} lacks an index that ${pair.old} has`,
    grows: (tables: readonly TableState[]) => tables.reduce((sum, { bytes }) => sum + 16_384 + bytes / 5, 0),
  } as const
  return [
    {
      ...shared,
      name: 'carried small indexes',
      how: 'together',
      what: `index ${pair.new} of small tables as ${pair.old} is`,
      lock: `SHARE (writers wait) for milliseconds, at most ${indexesAtOnce} tables at once`,
      atOnce: indexesAtOnce,
      sizes: { most: smallTable },
      statements: (table) =>
        missing(table).flatMap((index) => [
          ...(leftover(table, index.name) ? [drop(table, index.name, '')] : []),
          create(table, index, ''),
        ]),
    },
    {
      ...shared,
      name: 'carried large indexes',
      how: 'concurrently',
      what: `index ${pair.new} concurrently as ${pair.old} is`,
      lock: 'SHARE UPDATE EXCLUSIVE: readers and writers go on',
      sizes: { over: smallTable },
      statements: (table) =>
        missing(table).flatMap((index) => [
          drop(table, index.name, 'concurrently if exists '),
          create(table, index, 'concurrently '),
        ]),
    },
  ]
}

/** Behind the index that is there by then, which is what takes time. */
function carriedUniquePass(pair: ColumnPair): CatalogPass {
  return {
    name: 'carried unique constraints',
    phase: 'cutover',
    how: 'together',
    what: `make the unique indexes of ${pair.new} its constraints, as those of ${pair.old} are`,
    lock: 'ACCESS EXCLUSIVE for milliseconds, at most 50 tables at once',
    undo: 'goes with the new column',
    lacking: `column ${pair.new} lacks a unique constraint that ${pair.old} has`,
    statements: (table) =>
      uniquesOf(pair, table)
        .map(({ name }) => quoteIdentifier(carriedName(pair, name)))
        .filter((name) => !table.shape.constraints.some((each) => quoteIdentifier(each.name) === name))
        .map((name) => `alter table ${quoteTable(table)} add constraint ${name} unique using index ${name}`),
  }
}

function carriedConstraintPasses(pair: ColumnPair): readonly CatalogPass[] {
  const standing = ({ shape }: TableState, { name }: ConstraintShape): ConstraintShape | undefined =>
    shape.constraints.find((each) => each.name === carriedName(pair, name))
  const alter = (table: TableState, what: string): string => `alter table ${quoteTable(table)} ${what}`
  const shared = {
    phase: 'cutover',
    undo: 'goes with the new column',
    lacking: `column ${pair.new} lacks a constraint that ${pair.old} has`,
  } as const
  return [
    {
      ...shared,
      name: 'carried constraints',
      how: 'together',
      what: `put the constraints of ${pair.old} on ${pair.new}, not yet valid`,
      lock: 'ACCESS EXCLUSIVE for milliseconds; for a foreign key SHARE ROW EXCLUSIVE on both tables',
      statements: (table) =>
        constraintsOf(pair, table)
          .filter((constraint) => standing(table, constraint) === undefined)
          .map(({ name, definition }) =>
            alter(
              table,
              `add constraint ${quoteIdentifier(carriedName(pair, name))} ${renameConstraint(pair, definition)} not valid`,
            ),
          ),
    },
    {
      ...shared,
      name: 'carried validation',
      how: 'one by one',
      what: 'validate them for the rows there are',
      lock: 'SHARE UPDATE EXCLUSIVE: readers and writers go on',
      statements: (table) =>
        constraintsOf(pair, table)
          .filter((constraint) => constraint.validated && standing(table, constraint)?.validated === false)
          .map(({ name }) => alter(table, `validate constraint ${quoteIdentifier(carriedName(pair, name))}`)),
    },
  ]
}

/** The columns that a foreign key refers to are another table's. */
function renameConstraint(pair: ColumnPair, definition: string): string {
  const bare = definition.replace(/ NOT VALID$/, '')
  const at = bare.startsWith('FOREIGN KEY') ? bare.indexOf(' REFERENCES ') : bare.length
  return renameInSql(bare.slice(0, at), pair.old, pair.new) + bare.slice(at)
}

function carriedNotNull(pair: ColumnPair): readonly CatalogPass[] {
  return requiredPasses(pair.new, 'cutover').map((pass) => ({
    ...pass,
    statements: (table) => (columnIn(table.shape, pair.old)?.notNull === true ? pass.statements(table) : []),
  }))
}

/** A statement that gives the new column the comment and the grants of the old one; `table` is an SQL expression of its oid. */
export function copyAttributesSql(pair: ColumnPair, table: string): string {
  return `do $lockstep$ declare lockstep_what record; begin
  for lockstep_what in
    select format('grant %s (%I) on %s to %s%s', x.privilege_type, ${quoteLiteral(pair.new)}, a.attrelid::regclass,
                  case when x.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(x.grantee)) end,
                  case when x.is_grantable then ' with grant option' else '' end) as run
    from pg_attribute a cross join lateral aclexplode(a.attacl) x
    where a.attrelid = ${table} and a.attname = ${quoteLiteral(pair.old)} and not a.attisdropped
    union all
    select format('comment on column %s.%I is %L', a.attrelid::regclass, ${quoteLiteral(pair.new)}, col_description(a.attrelid, a.attnum))
    from pg_attribute a
    where a.attrelid = ${table} and a.attname = ${quoteLiteral(pair.old)} and col_description(a.attrelid, a.attnum) is not null
  loop execute lockstep_what.run; end loop;
end $lockstep$`
}

/** Statements that give the new column its default: that of the old one, converted where it is a constant. */
export function defaultSql(pair: ColumnPair, table: TableState): readonly string[] {
  if (pair.default === null) return []
  if (pair.default !== undefined) {
    return [`alter table ${quoteTable(table)} alter column ${quoteIdentifier(pair.new)} set default ${pair.default}`]
  }
  return [
    moveDefault(quoteTable(table), { from: pair.old, to: pair.new, sql: isIdentity(pair) ? undefined : upSql(pair) }),
  ]
}

export interface DefaultMove {
  readonly from: string
  readonly to: string
  /** SQL over a row of the first column; undefined takes the default as it stands. */
  readonly sql: string | undefined
}

/** Asks the table itself: tables of one shape may differ in their defaults, in the names of sequences above all. */
export function moveDefault(table: string, { from, to, sql }: DefaultMove): string {
  const set = `alter table ${table} alter column ${quoteIdentifier(to)} set default `
  const value = `'select (' || ${quoteLiteral(sql ?? '')} || ')::text from (select (' || lockstep_default || ')::' || lockstep_type || ' as ' || ${quoteLiteral(quoteIdentifier(from))} || ') lockstep_row'`
  return `do $lockstep$ declare lockstep_default text; lockstep_type text; lockstep_value text; begin
  select pg_catalog.pg_get_expr(d.adbin, d.adrelid), pg_catalog.format_type(a.atttypid, a.atttypmod) into lockstep_default, lockstep_type
  from pg_catalog.pg_attribute a join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attrelid = ${quoteLiteral(table)}::regclass and a.attname = ${quoteLiteral(from)};
  if lockstep_default is not null then
    ${
      sql === undefined
        ? `execute ${quoteLiteral(set)} || lockstep_default;`
        : `execute ${value} into lockstep_value;
    if lockstep_value is not null then
      execute ${quoteLiteral(set)} || pg_catalog.quote_literal(lockstep_value);
    end if;`
    }
  end if;
end $lockstep$`
}

/** A regular expression, here and in SQL, of defaults that are one value, as Postgres prints them. */
export const constantDefault = `^\\(?(?:'(?:[^']|'')*'|-?[\\d.]+(?:e[+-]?\\d+)?|true|false|null)\\)?(?:::[\\w ."]+(?:\\([\\d,]+\\))?(?:\\[\\])*)?$`

export function isConstant(text: string): boolean {
  return new RegExp(constantDefault, 'i').test(text)
}

/** Statements that make a sequence belong to another column of the table, so that it does not go with the first. */
export function moveSequence(table: TableState, from: string, to: string): readonly string[] {
  const name = quoteTable(table)
  return [
    `do $lockstep$ declare lockstep_sequence text := pg_catalog.pg_get_serial_sequence(${quoteLiteral(name)}, ${quoteLiteral(from)}); begin
  if lockstep_sequence is not null then
    execute 'alter sequence ' || lockstep_sequence || ' owned by ' || ${quoteLiteral(`${name}.${quoteIdentifier(to)}`)};
  end if;
end $lockstep$`,
  ]
}
