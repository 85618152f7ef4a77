import { LockstepError } from '../../../kernel/errors.ts'
import type { ErrorCode } from '../../../kernel/errors.ts'
import { printTable, quoteIdentifier, quoteLiteral, quoteTable } from '../../../kernel/identifiers.ts'
import { sqlState } from '../../../stores/tables.ts'
import { listed } from '../../../tenants/fleet.ts'
import { constraintsOf, indexesOf, isConstant, isDeferrable, takenNames } from '../../column-carry.ts'
import { columnIn } from '../../column-pair.ts'
import { columnDependents, incomparable } from '../../column-pair-inspect.ts'
import { findLosses } from '../../column-pair-scan.ts'
import { resolveType } from '../../column-types.ts'
import type { Finding, Look, PlanWarning } from '../../operation.ts'
import { walkingKey, withoutKey } from '../../row-pages.ts'
import { renameInSql } from '../../sql-names.ts'
import type { Inspected, Inspection } from '../../structure-operation.ts'
import type { TableState } from '../../table-state.ts'
import type { Unfit } from '../../unfit-tables.ts'
import { besideName, hiddenNames, pairsOf, stateOfSwap } from './swap.ts'
import type { Swap } from './swap.ts'
import { refusal } from './swap-refusal.ts'
import { primaryKeyOf } from './swap-sql.ts'
import { tied } from './swap-ties.ts'

/** Everything that would stand in the way of the exchange, all at once; then the values. */
export async function inspectSwap(swap: Swap, { tables, todo, look }: Inspection): Promise<Inspected> {
  const unfit = misfits(swap, tables)
  const without = new Set(unfit.flatMap((each) => each.tables))
  const there = todo.filter((table) => !without.has(table))
  const unknown = await unknownTypes(swap, look)
  if (unknown.length > 0) return { problems: unknown }
  const related = await areRelated(swap, look)
  const problems = [
    ...standing(swap, there, related),
    ...(await tied(swap, there, look)),
    ...(await columnDependents(swap.column, there, look, 'cannot get another type')),
    ...(await incomparable(pairsOf(swap).before, there, look)),
    ...(await failingChecks(swap, there, look)),
  ]
  if (problems.length > 0) return { problems, unfit }
  const losses = isLossless(swap) ? [] : await findLosses(pairsOf(swap).before, there, swap.accept, look)
  return {
    problems: losses,
    unfit,
    warnings: there.length === 0 ? [] : [...forClients(swap), ...(await naming(swap, there, look))],
    basis: { from: swap.from, to: swap.to },
  }
}

function misfits(swap: Swap, tables: readonly TableState[]): readonly Unfit[] {
  const { column, from, to } = swap
  const without = tables.filter(({ shape }) => columnIn(shape, column) === undefined)
  const others = tables.filter((table) => !without.includes(table) && stateOfSwap(swap, table) === 'other')
  return [
    {
      tables: without,
      code: 'LS-2122',
      what: `there is no column "${column}"`,
      hint: 'write its name as it is stored',
    },
    {
      tables: others,
      code: 'LS-2104',
      what: `"${column}" is neither ${from} nor ${to}`,
      hint: 'give its type as from',
    },
  ].flatMap(({ tables: found, code, what, hint }) =>
    refusal(code as ErrorCode, found, what, hint).map((error) => ({ tables: found, error })),
  )
}

/** Types are compared as the catalog prints them. */
async function unknownTypes({ from, to }: Swap, look: Look): Promise<readonly LockstepError[]> {
  const problems: LockstepError[] = []
  for (const type of [from, to]) {
    const { printed } = await look.tables.read((q) => resolveType(q, type))
    if (printed === type) continue
    const hint = `write it so: '${printed}'`
    problems.push(
      new LockstepError('LS-2108', `the catalog calls the type ${type} otherwise`, { where: { name: type }, hint }),
    )
  }
  return problems
}

/** Whether values of the one type are assigned to the other as they stand, as numbers are to numbers. */
async function areRelated({ from, to, up, down }: Swap, look: Look): Promise<boolean> {
  if (up !== undefined || down !== undefined) return false
  const [row] = await look.tables.read((q) =>
    q.query<{ same: boolean }>(
      `select count(distinct typcategory) = 1 and bool_and(typcategory not in ('E', 'U')) as same from pg_catalog.pg_type
       where oid in (pg_catalog.pg_typeof(null::${from}), pg_catalog.pg_typeof(null::${to}))`,
    ),
  )
  return row?.same === true
}

/** What the shapes of the tables show. */
function standing(swap: Swap, there: readonly TableState[], related: boolean): readonly LockstepError[] {
  const { column, leave } = swap
  const { before } = pairsOf(swap)
  const inTables = (isWrong: (table: TableState) => boolean): readonly TableState[] => there.filter(isWrong)
  const keyless = inTables(({ shape }) => walkingKey(shape).length === 0)
  const isCustom = swap.up !== undefined || swap.down !== undefined
  return [
    ...(keyless.length === 0 ? [] : [withoutKey(listed(keyless.map(printTable)))]),
    ...refusal(
      'LS-2125',
      inTables(({ shape }) =>
        shape.constraints.some(
          ({ kind, name, columns, definition }) =>
            columns.includes(column) &&
            !leave.includes(name) &&
            (kind === 'exclusion' || ((kind === 'unique' || kind === 'primary key') && isDeferrable(definition))),
        ),
      ),
      `"${column}" is in an exclusion constraint or one that may be deferred`,
      'name the constraint in leave, and add what takes its place in a later step',
    ),
    ...refusal(
      'LS-2125',
      inTables(({ shape }) => leave.some((name) => primaryKeyOf(swap, { shape }).includes(name))),
      'the primary key cannot be left behind',
      'take it out of leave: it is carried over',
    ),
    ...refusal(
      'LS-2125',
      inTables(
        (table) =>
          indexesOf(before, table).some(({ plain }) => !plain) ||
          (isCustom && constraintsOf(before, table).some(({ kind }) => kind === 'check')),
      ),
      `an index with an expression or a condition${isCustom ? ', or a check,' : ''} speaks of "${column}" as it was`,
      'name it in leave, and add what takes its place in a later step',
    ),
    ...refusal(
      'LS-2125',
      inTables((table) => !related && constraintsOf(before, table).some(({ kind }) => kind === 'foreign key')),
      `"${column}" refers to a column of the old type`,
      'name the foreign key in leave, and add it again when both columns have the new type',
    ),
    ...unfitNames(swap, there),
    ...unfitDefaults(swap, there, related),
  ]
}

function unfitNames(swap: Swap, there: readonly TableState[]): readonly LockstepError[] {
  const { before } = pairsOf(swap)
  return refusal(
    'LS-2124',
    there.filter((table) => {
      const names = new Set([...table.shape.indexes, ...table.shape.constraints].map(({ name }) => name))
      const ofKey = stateOfSwap(swap, table) === 'before' ? primaryKeyOf(swap, table) : []
      return takenNames(before, table).length > 0 || ofKey.some((key) => names.has(besideName(swap, key)))
    }),
    `an index or constraint of the new column would have the name of another one`,
    'rename that one',
  )
}

function unfitDefaults({ column, to }: Swap, there: readonly TableState[], related: boolean): readonly LockstepError[] {
  return refusal(
    'LS-2108',
    there.filter(({ shape }) => {
      const text = columnIn(shape, column)?.default
      return text !== undefined && !isConstant(text) && !related
    }),
    `the default of "${column}" is an expression, which cannot be converted to ${to}`,
    'drop the default in a migration before, and set the new one after',
  )
}

/** Checks that mean nothing over the new type: asked of one table of each shape. */
async function failingChecks(swap: Swap, there: readonly TableState[], look: Look): Promise<readonly LockstepError[]> {
  const { before } = pairsOf(swap)
  const young = hiddenNames(swap).young
  if (swap.up !== undefined || swap.down !== undefined) return []
  const untouched = there.filter((table) => stateOfSwap(swap, table) === 'before')
  const examples = new Map(untouched.map((table) => [table.fingerprint, table]))
  const problems: LockstepError[] = []
  for (const table of examples.values()) {
    for (const { name, definition, kind } of constraintsOf(before, table)) {
      if (kind !== 'check') continue
      const sql = renameInSql(
        definition.replace(/^CHECK /, '').replace(/ (NOT VALID|NO INHERIT)$/, ''),
        swap.column,
        young,
      )
      const from = `(select t.*, null::${swap.to} as ${quoteIdentifier(young)} from ${quoteTable(table)} t) lockstep_row`
      try {
        await look.tables.read((q) => q.query(`select ${sql} from ${from} where false`))
      } catch (cause) {
        if (sqlState(cause)?.startsWith('42') !== true) throw cause
        const hint = 'name it in leave, and add what takes its place in a later step'
        problems.push(
          new LockstepError('LS-2125', `the check ${name} of ${printTable(table)} cannot be asked of ${swap.to}`, {
            hint,
            cause,
          }),
        )
      }
    }
  }
  return problems
}

/** Tables whose column got a third type since they were planned. */
export function* notExchanged(swap: Swap, tables: readonly TableState[]): Generator<Finding> {
  for (const table of tables)
    if (stateOfSwap(swap, table) === 'other')
      yield { where: printTable(table), problem: `column ${swap.column} is neither ${swap.from} nor ${swap.to}` }
}

const integers = ['smallint', 'integer', 'bigint']

/** Every value of the one type has its own in the other and comes back: no row has to be read to know it. */
function isLossless({ from, to, up, down }: Swap): boolean {
  if (up !== undefined || down !== undefined) return false
  const at = integers.indexOf(from)
  return at >= 0 && (to === 'numeric' || integers.indexOf(to) > at)
}

function forClients({ column, from, to }: Swap): readonly PlanWarning[] {
  return [
    {
      code: 'W223',
      message: `a session that prepared a statement which returns "${column}" gets one error at the cutover (cached plan must not change result type)`,
      hint: 'drivers that name their statements prepare again or reconnect; select the column under a cast to avoid it',
    },
    {
      code: 'W227',
      message: `from the cutover on clients read "${column}" as ${to}; until complete a value that does not fit ${from} is refused`,
      hint: 'release clients that take both first: drivers may return the new type as another kind of value, bigint as text',
    },
  ]
}

/** Bodies are texts, which Postgres does not check: those that have the words of the table and the column in them. */
async function naming(swap: Swap, there: readonly TableState[], look: Look): Promise<readonly PlanWarning[]> {
  const [table] = there
  if (table === undefined) return []
  const owner = table.key === '' ? table.name : table.name.slice(0, table.name.indexOf(table.key))
  const word = (text: string, end: string): string => quoteLiteral(`\\m${text.replace(/\W/g, '.')}${end}`)
  const rows = await look.tables.read((q) =>
    q.query<{ name: string }>(
      `select p.oid::pg_catalog.regprocedure::text as name from pg_catalog.pg_proc p
       join pg_catalog.pg_namespace n on n.oid = p.pronamespace
       where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'lockstep', 'lockstep_engine', 'lockstep_sync')
         and p.probin is null and p.prosrc ~ ${word(owner, table.key === '' ? '\\M' : '')} and p.prosrc ~ ${word(swap.column, '\\M')} order by 1`,
    ),
  )
  if (rows.length === 0) return []
  const message = `the bodies of ${listed(
    rows.map(({ name }) => name),
    10,
  )} name ${owner} and ${swap.column}`
  const hint = `where one returns or keeps "${swap.column}" as ${swap.from}, let it take ${swap.to} first (replaceFunction)`
  return [{ code: 'W216' as const, message, hint }]
}
