import { LockstepError } from '../../../kernel/errors.ts'
import { printTable, quoteIdentifier, quoteLiteral, quoteTable } from '../../../kernel/identifiers.ts'
import { sqlState } from '../../../stores/tables.ts'
import type { Queryable } from '../../../stores/tables.ts'
import { listed } from '../../../tenants/fleet.ts'
import type { TableTarget } from '../../../tenants/tenants-config.ts'
import { columnIn } from '../../column-pair.ts'
import { columnDependents } from '../../column-pair-inspect.ts'
import type { Checkpoint, Finding, PlanWarning, TableHands, Work } from '../../operation.ts'
import { newTable } from '../../provision-steps.ts'
import type { Extension } from '../../provisioning.ts'
import { namesColumn } from '../../sql-names.ts'
import { tagOfSpec } from '../../step-target.ts'
import type { Inspected, Inspection } from '../../structure-operation.ts'
import type { TablePass } from '../../table-passes.ts'
import { tablesScope } from '../../table-scope.ts'
import { smallTable, tableStates } from '../../table-state.ts'
import type { TableState } from '../../table-state.ts'
import type { Unfit } from '../../unfit-tables.ts'

/** A column that takes a wider type where it is, both types as the catalog prints them. */
export interface Widening {
  readonly target: TableTarget
  readonly column: string
  readonly from: string
  readonly to: string
}

function typeOf({ column }: Widening, { shape }: TableState): string | undefined {
  return columnIn(shape, column)?.type
}

function alterSql({ column }: Widening, table: string, type: string): string {
  return `alter table ${table} alter column ${quoteIdentifier(column)} type ${type}`
}

/** Not in a table that has grown, or got a check, since it was planned: verification tells that it is not done. */
function isDue(widening: Widening, table: TableState): boolean {
  return typeOf(widening, table) === widening.from && !isHeavy(widening, table)
}

function isHeavy(widening: Widening, table: TableState): boolean {
  return table.bytes > smallTable && readAgain(widening, table).length > 0
}

/** In expand: what clients of the old shape write fits as well. */
export function wideningPasses(widening: Widening): readonly TablePass[] {
  const { column, from, to } = widening
  const shared = {
    lacking: `column ${column} is ${from}, not ${to}`,
    undo: `${from} again, where the values fit and the table is small`,
  }
  return [
    {
      ...shared,
      name: 'widen',
      phase: 'expand',
      how: 'together',
      what: `make ${column} ${to} where it is (catalog-only: no row is read or written, no index built anew)`,
      lock: 'ACCESS EXCLUSIVE for milliseconds, at most 50 tables at once, lock_timeout 500 ms, retried',
      statements: (table) => (isDue(widening, table) ? [alterSql(widening, quoteTable(table), to)] : []),
    },
    {
      ...shared,
      name: 'narrow',
      phase: 'revert',
      how: 'one by one',
      what: `make ${column} ${from} again`,
      lock: 'ACCESS EXCLUSIVE while the table is written anew',
      statements: (table) => (typeOf(widening, table) === to ? [alterSql(widening, quoteTable(table), from)] : []),
    },
  ]
}

/** Tables in which it would not be a change of the catalog alone, or not possible, each with the reason. */
export async function inspectWidening(widening: Widening, inspection: Inspection): Promise<Inspected> {
  const { column, from, to } = widening
  const { todo, look } = inspection
  const there = todo.filter((table) => typeOf(widening, table) !== undefined)
  return {
    problems: await columnDependents(column, there, look, 'cannot get another type'),
    unfit: misfits(widening, inspection),
    warnings: todo.length === 0 ? [] : [...stays(widening, todo), preparedWarning(widening)],
    basis: { from, to },
  }
}

function misfits(widening: Widening, { tables, todo }: Inspection): readonly Unfit[] {
  const { column, from, to } = widening
  const unfit = (
    found: readonly TableState[],
    code: 'LS-2122' | 'LS-2104' | 'LS-2125',
    what: string,
    hint: string,
  ): readonly Unfit[] => {
    if (found.length === 0) return []
    const message = `${what} in ${listed(found.map(printTable))}`
    return [{ tables: found, error: new LockstepError(code, message, { where: { name: column }, hint }) }]
  }
  const without = tables.filter((table) => typeOf(widening, table) === undefined)
  const others = tables.filter((table) => ![undefined, from, to].includes(typeOf(widening, table)))
  const heavy = todo.filter((table) => isHeavy(widening, table))
  const inTheWay = listed([...new Set(heavy.flatMap((table) => readAgain(widening, table)))])
  return [
    ...unfit(without, 'LS-2122', `there is no column "${column}"`, 'write its name as it is stored'),
    ...unfit(
      others,
      'LS-2104',
      `"${column}" is neither ${from} nor ${to}`,
      'give its type as from, as the catalog has it',
    ),
    ...unfit(
      heavy,
      'LS-2125',
      `${inTheWay} would be checked or built anew under an exclusive lock`,
      'drop them, widen the column, and add them in a later step (addConstraint, addIndex)',
    ),
  ]
}

/** Tables that got another type, or what is in the way, since they were planned. */
export function* notWidened(widening: Widening, tables: readonly TableState[]): Generator<Finding> {
  for (const table of tables) {
    const type = typeOf(widening, table)
    if (type === widening.to || isDue(widening, table)) continue
    yield { where: printTable(table), problem: `column ${widening.column} is ${type ?? 'gone'}, not ${widening.to}` }
  }
}

/** Checks of the column, and indexes with an expression or a condition on it: what PostgreSQL does not trust unread. */
function readAgain({ column }: Widening, { shape }: TableState): readonly string[] {
  return [
    ...shape.constraints.filter(({ kind, columns }) => kind === 'check' && columns.includes(column)),
    ...shape.indexes.filter(({ plain, definition }) => !plain && namesColumn(definition, column)),
  ].map(({ name }) => name)
}

function stays({ column, to }: Widening, todo: readonly TableState[]): readonly PlanWarning[] {
  const large = todo.filter(({ bytes }) => bytes > smallTable)
  if (large.length === 0) return []
  return [
    {
      code: 'W222',
      message: `down leaves "${column}" ${to} in ${listed(large.map(printTable))}: the narrower type writes a table anew under an exclusive lock`,
      hint: 'the wider type holds all that old clients write; where that is not enough, convert into a new column (as, up, down)',
    },
  ]
}

function preparedWarning({ column }: Widening): PlanWarning {
  return {
    code: 'W223',
    message: `a session that prepared a statement which returns "${column}" gets one error (cached plan must not change result type)`,
    hint: 'drivers that name their statements prepare again or reconnect; select the column under a cast to avoid it',
  }
}

/** New tenants get the wider type. */
export function wideningExtension(widening: Widening): Extension {
  const { column, from, to } = widening
  return {
    tag: tagOfSpec('convertColumn', { ...widening }),
    what: `${column} as ${to}`,
    lacks: `exists (select from pg_catalog.pg_attribute where attrelid = lockstep_oid and attname = ${quoteLiteral(column)} and not attisdropped and pg_catalog.format_type(atttypid, atttypmod) = ${quoteLiteral(from)})`,
    statements: [
      `'alter table ' || ${newTable} || ${quoteLiteral(` alter column ${quoteIdentifier(column)} type ${to}`)}`,
    ],
  }
}

/** Small tables whose values all fit get the narrower type again; the others keep the wider one, and that is told. */
export async function* narrow(widening: Widening, work: Work<unknown>, hands: TableHands): AsyncGenerator<Checkpoint> {
  const scope = tablesScope.parse(work.scope)
  for (const name of scope.tables) {
    let told: string | undefined
    yield await hands.change({
      names: [name],
      cursor: { narrowed: name },
      work: async (q) => {
        told = undefined
        const [table] = await tableStates(q, scope, [name])
        if (table === undefined || typeOf(widening, table) !== widening.to) return []
        await q.script(`lock table ${quoteTable(table)} in access exclusive mode`)
        told = await keepsWide(q, widening, table)
        if (told === undefined) await q.script(alterSql(widening, quoteTable(table), widening.from))
        return []
      },
    })
    if (told !== undefined) hands.warn(told)
  }
}

/** Why the wider type stays; undefined where it need not. */
async function keepsWide(q: Queryable, widening: Widening, table: TableState): Promise<string | undefined> {
  const { column, from, to } = widening
  const stay = (why: string): string => `"${column}" of ${printTable(table)} stays ${to}: ${why}`
  if (table.bytes > smallTable) {
    return stay(
      `${from} would write the table anew under an exclusive lock (${alterSql(widening, quoteTable(table), from)})`,
    )
  }
  const name = quoteIdentifier(column)
  await q.script('savepoint lockstep_fit')
  try {
    const [row] = await q.query<{ count: number }>(
      `select count(*)::int as count from ${quoteTable(table)} where ${name}::${from} is distinct from ${name}`,
    )
    const count = row?.count ?? 0
    return count === 0 ? undefined : stay(`${count} values that others wrote do not fit ${from}`)
  } catch (error) {
    if (sqlState(error)?.startsWith('22') !== true) throw error
    await q.script('rollback to savepoint lockstep_fit')
    return stay(`values that others wrote do not fit ${from}`)
  }
}
