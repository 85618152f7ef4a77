import { printTable, quoteIdentifier, quoteLiteral, quoteTable } from '../kernel/identifiers.ts'
import type { Queryable } from '../stores/tables.ts'
import type { TableShape } from '../tenants/catalog.ts'
import { aboutColumns, copyAttributesSql, moveDefault, moveSequence } from './column-carry.ts'
import { columnIn, downSql, isIdentity, upSql } from './column-pair.ts'
import type { ColumnPair } from './column-pair.ts'
import { hasTrigger } from './column-pair-passes.ts'
import { hiddenColumn } from './column-removal.ts'
import { syncCompanion, triggerSql } from './column-sync.ts'
import { ensureCompanion } from './companion.ts'
import type { Checkpoint, TableHands, Work } from './operation.ts'
import { applyPasses } from './apply-passes.ts'
import { namesColumn } from './sql-names.ts'
import type { TablePass } from './table-passes.ts'
import { tablesScope } from './table-scope.ts'
import { tableStates } from './table-state.ts'
import type { TableState } from './table-state.ts'

/** The way back of a pair: an old column that contract took away already is made again first, out of the new one. */
export async function* revertPair(
  pair: ColumnPair,
  passes: readonly TablePass[],
  work: Work<unknown>,
  hands: TableHands,
): AsyncGenerator<Checkpoint> {
  const scope = tablesScope.parse(work.scope)
  const states = await hands.tables.read((q) => tableStates(q, scope, scope.tables))
  const lacking = states.filter(({ shape }) => columnIn(shape, pair.old) === undefined)
  const before = await shapesBefore(hands, lacking)
  for (const table of lacking) {
    const shape = before.get(printTable(table))
    if (shape === undefined || columnIn(shape, pair.old) === undefined) continue
    yield await hands.change({
      names: [table.name],
      cursor: { restored: table.name },
      long: true,
      work: async (q) => {
        const [now] = await tableStates(q, scope, [table.name])
        if (now !== undefined && columnIn(now.shape, pair.old) === undefined)
          await restore(q, { pair, now, shape, hands })
        return []
      },
    })
  }
  yield* applyPasses(work, hands, passes)
}

/** What these tables were like before the step, by their printed names; tables that the step never changed are left out. */
export async function shapesBefore(
  hands: TableHands,
  tables: readonly TableState[],
): Promise<ReadonlyMap<string, TableShape>> {
  const found = new Map<string, TableShape>()
  if (tables.length === 0) return found
  const wanted = new Set(tables.map(printTable))
  // Newest first: the last one is the oldest.
  for await (const { name, before } of hands.preImages())
    if (wanted.has(name)) found.set(name, JSON.parse(JSON.stringify(before)) as TableShape)
  return found
}

interface Restoring {
  readonly pair: ColumnPair
  readonly now: TableState
  readonly shape: TableShape
  readonly hands: TableHands
}

/** In one transaction, in which writers wait. */
async function restore(q: Queryable, restoring: Restoring): Promise<void> {
  const { pair, now, shape, hands } = restoring
  const table = quoteTable(now)
  const column = columnIn(shape, pair.old)
  const [old, young] = [quoteIdentifier(pair.old), quoteIdentifier(pair.new)]
  const alter = (what: string): string => `alter table ${table} ${what}`
  const inStep = `${young} is not distinct from ${upSql(pair)}`
  await q.script(`lock table ${table} in access exclusive mode; ${bringBack(restoring)}`)
  // It may have gone with the last table's trigger; the way back ends with its end.
  await ensureCompanion(q, syncCompanion(pair))
  await hands.restoreValues(q, { table: now, key: now.shape.primaryKey, column: pair.old, where: inStep })
  await q.script(
    [
      ...defaultBack(restoring),
      ...(column?.notNull === true ? [alter(`alter column ${old} set not null`)] : []),
      ...(isIdentity(pair) ? moveSequence(now, pair.new, pair.old) : []),
      alter(`alter column ${young} drop default`),
      ...madeAnew(now, shape, pair.old),
      ...(hasTrigger(pair, now) ? [] : [triggerSql(pair, table)]),
    ].join(';\n'),
  )
}

/** A default of the new column that the step itself was given says nothing about the old one's. */
function defaultBack({ pair, now, shape }: Restoring): readonly string[] {
  const { default: before, type = 'text' } = columnIn(shape, pair.old) ?? {}
  if (before === undefined) return []
  const table = quoteTable(now)
  if (pair.default !== undefined) {
    return [`alter table ${table} alter column ${quoteIdentifier(pair.old)} set default ${before}`]
  }
  return [
    moveDefault(table, {
      from: pair.new,
      to: pair.old,
      sql: isIdentity(pair) ? undefined : `${downSql(pair)}::${type}`,
    }),
  ]
}

/** The column with its values, out of those of the new one; where it was only hidden, its own where they still hold. */
function bringBack({ pair, now, shape }: Restoring): string {
  const table = quoteTable(now)
  const old = quoteIdentifier(pair.old)
  const hidden = hiddenColumn(pair.old, pair.tag)
  if (columnIn(now.shape, hidden) !== undefined) {
    return `alter table ${table} rename column ${quoteIdentifier(hidden)} to ${old};
update ${table} set ${old} = ${downSql(pair)} where ${quoteIdentifier(pair.new)} is distinct from ${upSql(pair)}`
  }
  return `alter table ${table} add column ${old} ${columnIn(shape, pair.old)?.type ?? 'text'};
${copyAttributesSql({ ...pair, old: pair.new, new: pair.old }, `${quoteLiteral(table)}::regclass`)};
update ${table} set ${old} = ${downSql(pair)}`
}

/** Statements that make anew the indexes and constraints of the column that went with it, as Postgres had printed them. */
export function madeAnew(now: TableState, shape: TableShape, column: string): readonly string[] {
  const there = new Set([...now.shape.indexes, ...now.shape.constraints].map(({ name }) => name))
  const ofConstraints = new Set(shape.constraints.map(({ name }) => name))
  return [
    ...shape.indexes
      .filter(({ name, definition }) => !ofConstraints.has(name) && namesColumn(aboutColumns(definition), column))
      .filter(({ name }) => !there.has(name))
      .map(({ definition }) => definition),
    ...shape.constraints
      .filter(({ name, columns }) => columns.includes(column) && !there.has(name))
      .map(
        ({ name, definition }) =>
          `alter table ${quoteTable(now)} add constraint ${quoteIdentifier(name)} ${definition}`,
      ),
  ]
}
