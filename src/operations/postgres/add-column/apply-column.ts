import { printTable, quoteIdentifier, quoteTable } from '../../../kernel/identifiers.ts'
import type { Queryable } from '../../../stores/tables.ts'
import { removeColumn } from '../../column-removal.ts'
import { columnStates } from '../../column-state.ts'
import type { ColumnState } from '../../column-state.ts'
import type { Checkpoint, PreImage, TableHands, Work } from '../../operation.ts'
import { extendProvision, provisionScope, restoreProvision } from '../../provisioning.ts'
import { fillRows, rowCursor } from '../../row-pages.ts'
import { alterTables, tablesLeft, tablesScope } from '../../table-groups.ts'
import type { TablePass } from '../../table-groups.ts'
import type { AddColumnSpec } from './add-column.ts'
import {
  addStatements,
  checkName,
  defaultSql,
  extensionOf,
  indexName,
  indexOf,
  indexSql,
  smallTable,
} from './column-sql.ts'
import { parseMemo } from './plan-column.ts'

/** Expand and contract: the column and its index. Backfill: the expression. Cutover: not null. */
export async function* applyColumn(work: Work<AddColumnSpec>, hands: TableHands): AsyncGenerator<Checkpoint> {
  const provision = provisionScope.safeParse(work.scope)
  if (provision.success) {
    const { signature } = provision.data.provision
    const extend = (q: Queryable): Promise<readonly PreImage[]> =>
      extendProvision(q, provision.data, extensionOf(work.spec))
    yield await hands.change({ names: [signature], cursor: 'extended', work: extend })
    return
  }
  if (work.phase === 'backfill') yield* fillTables(work, hands)
  else if (work.phase === 'cutover') yield* requireValues(work, hands)
  else yield* addToTables(work, hands)
}

/** Indexes built in one transaction: each takes milliseconds, during which its table's writers wait. */
const indexesAtOnce = 10

/** Columns first, in transactions that touch no row; then indexes, so that no exclusive lock outlasts the catalog change. */
async function* addToTables(work: Work<AddColumnSpec>, hands: TableHands): AsyncGenerator<Checkpoint> {
  const { spec } = work
  const { schema } = tablesScope.parse(work.scope)
  const passes = ['columns', 'small indexes', 'large indexes']
  const columns: TablePass['alter'] = (q, tables) => addColumns(q, spec, schema, tables)
  yield* alterTables(work, hands, { pass: 'columns', passes, alter: columns })
  if (spec.options.index !== true) return
  const small: TablePass['alter'] = (q, tables) => indexSmall(q, spec, schema, tables)
  yield* alterTables(work, hands, { pass: 'small indexes', passes, size: indexesAtOnce, counted: true, alter: small })
  const tables = tablesLeft(work, { pass: 'large indexes', passes, alter: small })
  const states = await hands.tables.read((q) => columnStates(q, schema, tables, spec.column))
  for (const state of states) {
    if (indexOf(spec, state)?.valid === true) continue
    await indexAlone(spec, schema, state, hands)
    yield { cursor: { pass: 'large indexes', table: state.table }, changed: 1, skipped: 0, conflicts: 0 }
  }
}

/** Tables that have the column are left as they are. */
async function addColumns(
  q: Queryable,
  spec: AddColumnSpec,
  schema: string,
  tables: readonly string[],
): Promise<readonly PreImage[]> {
  const states = await columnStates(q, schema, tables, spec.column)
  const lacking = states.filter((state) => state.type === undefined).map((state) => ({ schema, name: state.table }))
  const statements = lacking.flatMap((table) => addStatements(spec, quoteTable(table)))
  if (statements.length > 0) await q.script(statements.join(';\n'))
  return lacking.map((table) => ({
    name: printTable(table),
    before: { column: null },
    after: { column: spec.column, type: spec.type },
  }))
}

/** Tables that are small as of now and have no such index; it goes with the column, so it needs no pre-image. */
async function indexSmall(
  q: Queryable,
  spec: AddColumnSpec,
  schema: string,
  tables: readonly string[],
): Promise<readonly PreImage[]> {
  const states = await columnStates(q, schema, tables, spec.column)
  const small = states.filter(
    (state) => state.type !== undefined && indexOf(spec, state) === undefined && state.bytes <= smallTable,
  )
  if (small.length > 0) await q.script(small.map((state) => indexSql(spec, schema, state.table, 'plainly')).join(';\n'))
  return []
}

/** A concurrent build that failed, now or earlier, leaves an invalid index behind, which IF NOT EXISTS would take for done. */
async function indexAlone(spec: AddColumnSpec, schema: string, state: ColumnState, hands: TableHands): Promise<void> {
  const name = quoteIdentifier(indexName(spec, state.table))
  await hands.alone(
    `drop index concurrently if exists ${quoteIdentifier(schema)}.${name}`,
    indexSql(spec, schema, state.table, 'concurrently'),
  )
}

async function* fillTables(work: Work<AddColumnSpec>, hands: TableHands): AsyncGenerator<Checkpoint> {
  const { schema, tables } = tablesScope.parse(work.scope)
  const cursor = rowCursor.safeParse(work.cursor)
  const at = cursor.success ? cursor.data.table : ''
  const value = defaultSql(work.spec) ?? 'null'
  for (const name of tables.filter((table) => table >= at)) {
    yield* fillRows(work, hands, { table: { schema, name }, column: work.spec.column, value })
  }
}

/** NOT NULL without a scan under an exclusive lock: a check NOT VALID, validated, then SET NOT NULL trusts it. */
async function* requireValues(work: Work<AddColumnSpec>, hands: TableHands): AsyncGenerator<Checkpoint> {
  const { schema } = tablesScope.parse(work.scope)
  const passes = ['check', 'validate', 'require']
  const column = quoteIdentifier(work.spec.column)
  const each =
    (statements: (table: string, check: string) => readonly string[]) =>
    async (q: Queryable, tables: readonly string[]) => {
      const states = await columnStates(q, schema, tables, work.spec.column)
      const open = states.filter((state) => state.type !== undefined && !state.notNull)
      const sql = open.flatMap((state) =>
        statements(quoteTable({ schema, name: state.table }), quoteIdentifier(checkName(work.spec, state.table))),
      )
      if (sql.length > 0) await q.script(sql.join(';\n'))
      return []
    }
  const check = each((table, name) => [
    `alter table ${table} drop constraint if exists ${name}`,
    `alter table ${table} add constraint ${name} check (${column} is not null) not valid`,
  ])
  const validate = each((table, name) => [`alter table ${table} validate constraint ${name}`])
  const require = each((table, name) => [
    `alter table ${table} alter column ${column} set not null`,
    `alter table ${table} drop constraint ${name}`,
  ])
  yield* alterTables(work, hands, { pass: 'check', passes, alter: check })
  yield* alterTables(work, hands, { pass: 'validate', passes, size: 1, long: true, counted: true, alter: validate })
  yield* alterTables(work, hands, { pass: 'require', passes, counted: true, alter: require })
}

/** The provisioning function first, so that no tenant is born with the column while it goes. */
export async function* revertColumn(work: Work<AddColumnSpec>, hands: TableHands): AsyncGenerator<Checkpoint> {
  const provision = provisionScope.safeParse(work.scope)
  if (!provision.success) {
    yield* removeColumn(work, hands, {
      column: work.spec.column,
      had: parseMemo(work.memo).had,
      tag: extensionOf(work.spec).tag,
      smallTable,
    })
    return
  }
  const { signature } = provision.data.provision
  for await (const image of hands.preImages()) {
    if (image.name !== signature) continue
    let restored = true
    const restore = async (q: Queryable): Promise<readonly PreImage[]> => {
      restored = await restoreProvision(q, image)
      return []
    }
    yield await hands.change({ names: [signature], cursor: 'restored', work: restore })
    if (!restored) hands.warn(`${signature} was replaced by someone else during the run: it stays as they made it`)
  }
}
