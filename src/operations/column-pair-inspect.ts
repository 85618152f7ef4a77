import { LockstepError } from '../kernel/errors.ts'
import type { ErrorCode } from '../kernel/errors.ts'
import { printTable, quoteTable } from '../kernel/identifiers.ts'
import { sqlState } from '../stores/tables.ts'
import { listed } from '../tenants/fleet.ts'
import { constraintsOf, indexesOf, isConstant, isDeferrable, takenNames } from './column-carry.ts'
import { columnIn, isIdentity } from './column-pair.ts'
import type { ColumnPair } from './column-pair.ts'
import { hasTrigger } from './column-pair-passes.ts'
import { findLosses } from './column-pair-scan.ts'
import type { LossKind } from './column-pair-scan.ts'
import { resolveType } from './column-types.ts'
import type { Look } from './operation.ts'
import type { Inspected, Inspection } from './structure-operation.ts'
import { walkingKey, withoutKey } from './row-pages.ts'
import { problemOf } from './table-problem.ts'
import type { TableState } from './table-state.ts'

/** Everything that would stand in the way of a second column beside the old one, all at once; then the values. */
export async function inspectPair(
  pair: ColumnPair,
  accept: readonly LossKind[],
  { tables, todo, look }: Inspection,
): Promise<Inspected> {
  const type =
    pair.type === undefined ? undefined : (await look.tables.read((q) => resolveType(q, pair.type ?? ''))).printed
  const there = todo.filter((table) => columnIn(table.shape, pair.old) !== undefined)
  const keyless = there.filter(({ shape }) => walkingKey(shape).length === 0)
  const problems = [
    ...missing(pair, tables),
    ...otherTypes(pair, type, tables),
    ...strangers(pair, tables),
    ...checks(pair).flatMap(({ code, isWrong, what, hint }) => problemOf(code, there.filter(isWrong), what, hint)),
    ...(keyless.length === 0 ? [] : [withoutKey(listed(keyless.map(printTable)))]),
    ...(await columnDependents(pair.old, there, look, 'cannot go')),
    ...(await incomparable(pair, there, look)),
  ]
  if (problems.length > 0) return { problems }
  const losses = isIdentity(pair) ? [] : await findLosses(pair, there, accept, look)
  return { problems: losses, basis: { type: type ?? null } }
}

/** Values are compared all the time, so both types need an equality. */
export async function incomparable(
  pair: ColumnPair,
  tables: readonly TableState[],
  look: Look,
): Promise<readonly LockstepError[]> {
  const types = new Set([
    ...tables.flatMap(({ shape }) => columnIn(shape, pair.old)?.type ?? []),
    ...(pair.type === undefined ? [] : [pair.type]),
  ])
  const problems: LockstepError[] = []
  for (const type of types) {
    try {
      await look.tables.read((q) => q.query(`select null::${type} is distinct from null::${type}`))
    } catch (cause) {
      if (sqlState(cause) !== '42883') throw cause
      const hint = 'a type with an equality is needed, there and here: jsonb for json, text for xml'
      const what = `values of type ${type} cannot be compared`
      problems.push(new LockstepError('LS-2108', what, { where: { name: pair.old }, hint, cause }))
    }
  }
  return problems
}

function missing(pair: ColumnPair, tables: readonly TableState[]): readonly LockstepError[] {
  const without = tables.filter(
    ({ shape }) => columnIn(shape, pair.old) === undefined && columnIn(shape, pair.new) === undefined,
  )
  return problemOf('LS-2122', without, `there is no column "${pair.old}"`, 'write its name as it is stored')
}

function otherTypes(
  pair: ColumnPair,
  type: string | undefined,
  tables: readonly TableState[],
): readonly LockstepError[] {
  const wrong = tables.filter(({ shape }) => {
    const found = columnIn(shape, pair.new)?.type
    const wanted = type ?? columnIn(shape, pair.old)?.type
    return found !== undefined && wanted !== undefined && found !== wanted
  })
  const what = `there is a column "${pair.new}" of another type than ${type ?? `"${pair.old}"`} already`
  return problemOf('LS-2104', wrong, what, 'give the new column another name, or drop that one')
}

/** Both columns, and nothing of ours between them: someone else's, or what a lost ledger knew. */
function strangers(pair: ColumnPair, tables: readonly TableState[]): readonly LockstepError[] {
  const both = tables.filter(
    (table) =>
      columnIn(table.shape, pair.new) !== undefined &&
      columnIn(table.shape, pair.old) !== undefined &&
      !hasTrigger(pair, table),
  )
  const hint = 'give the new column another name; where it was left by a broken run, drop it'
  return problemOf('LS-2104', both, `there is a column "${pair.new}" already, beside "${pair.old}"`, hint)
}

interface Check {
  readonly code: ErrorCode
  readonly isWrong: (table: TableState) => boolean
  readonly what: string
  readonly hint: string
}

function checks(pair: ColumnPair): readonly Check[] {
  const { old } = pair
  const isExclusive = ({ kind, name, columns, definition }: TableState['shape']['constraints'][number]): boolean =>
    columns.includes(old) &&
    (kind === 'primary key' ||
      (((kind === 'unique' && isDeferrable(definition)) || kind === 'exclusion') && !pair.leave.includes(name)))
  const isComputed = (table: TableState): boolean =>
    indexesOf(pair, table).some(({ plain }) => !plain) ||
    constraintsOf(pair, table).some(({ kind }) => kind === 'check')
  return [
    {
      code: 'LS-2125',
      isWrong: ({ shape }) => columnIn(shape, old)?.generated === true,
      what: `Postgres makes the values of "${old}" itself`,
      hint: 'make it a plain column with a default first',
    },
    {
      code: 'LS-2125',
      isWrong: ({ shape }) => shape.constraints.some(isExclusive),
      what: `"${old}" is in a primary key, a deferrable unique or an exclusion constraint, which cannot be had twice`,
      hint: 'name the constraint in leave; a primary key stays as it is',
    },
    {
      code: 'LS-2125',
      isWrong: (table) => !isIdentity(pair) && isComputed(table),
      what: `a check, or an index with an expression or a condition, speaks of "${old}" as it was`,
      hint: 'name those in leave, and add what takes their place in a later step',
    },
    {
      code: 'LS-2124',
      isWrong: (table) => takenNames(pair, table).length > 0,
      what: `an index or constraint for "${pair.new}" would have the name of another one`,
      hint: 'rename that one, or name the one of the old column in leave',
    },
    {
      code: 'LS-2108',
      isWrong: ({ shape }) => {
        const text = columnIn(shape, old)?.default
        return !isIdentity(pair) && pair.default === undefined && text !== undefined && !isConstant(text)
      },
      what: `the default of "${old}" is an expression, which cannot be converted`,
      hint: "say what takes its place: default: 'now()', or default: null for none",
    },
  ]
}

/** LS-2123 for views, policies, triggers, foreign keys of other tables: what keeps a column as it is. */
export async function columnDependents(
  column: string,
  tables: readonly TableState[],
  look: Look,
  what: 'cannot go' | 'cannot get another type',
): Promise<readonly LockstepError[]> {
  const rows = await look.tables.read((q) =>
    q.query<{ what: string }>(
      `select distinct pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) as what
       from unnest($1::text[]) as t(name)
       join pg_catalog.pg_attribute a on a.attrelid = t.name::regclass and a.attname = $2 and not a.attisdropped
       join pg_catalog.pg_depend d on d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = a.attrelid
                                  and d.refobjsubid = a.attnum and d.deptype = 'n'
       where not exists (select from pg_catalog.pg_constraint k where d.classid = 'pg_catalog.pg_constraint'::regclass
                                                              and k.oid = d.objid and k.conrelid = a.attrelid)
       order by 1`,
      [tables.map(quoteTable), column],
    ),
  )
  if (rows.length === 0) return []
  const found = listed(rows.map((row) => row.what.replace(/^rule _RETURN on /, '')))
  return [
    new LockstepError('LS-2123', `"${column}" ${what}, something depends on it: ${found}`, {
      where: { name: column },
      hint: 'drop those first and make them anew when it is done',
    }),
  ]
}
