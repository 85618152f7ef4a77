import { derivedName, printTable, quoteIdentifier, quoteTable } from '../kernel/identifiers.ts'
import type { Queryable } from '../stores/tables.ts'
import { columnStates } from './column-state.ts'
import type { ColumnState } from './column-state.ts'
import type { Checkpoint, PreImage, TableHands, Work } from './operation.ts'
import { alterTables, tablesScope } from './table-groups.ts'
import type { TablePass } from './table-groups.ts'

export interface Removal {
  readonly column: string
  /** Printed names of tables whose column is not ours to remove. */
  readonly had: readonly string[]
  /** Eight hex digits that name the change, for the name a large table's column has on its way out. */
  readonly tag: string
  /** Tables up to this many bytes are read and altered under one lock; others are read without one in between. */
  readonly smallTable: number
}

/**
 * Removes a column we added; every value that is not the default is kept in the ledger first. In a large table the
 * column is renamed before it is read, so that nobody writes to it and no exclusive lock is held across the read.
 */
export async function* removeColumn(
  work: Work<unknown>,
  hands: TableHands,
  removal: Removal,
): AsyncGenerator<Checkpoint> {
  const { schema, tables } = tablesScope.parse(work.scope)
  const passes = ['drop', 'large']
  const hidden = derivedName('lockstep_dropped', removal.column, removal.tag)
  const drop: TablePass['alter'] = (q, group) => dropSmall(q, hands, { schema, tables: group, hidden, removal })
  const finish: TablePass['alter'] = (q, group) => dropHidden(q, hands, { schema, tables: group, hidden, removal })
  yield* alterTables(work, hands, { pass: 'drop', passes, alter: drop })
  const hiding = await hands.tables.read((q) => columnStates(q, schema, tables, hidden))
  const large = hiding.filter((state) => state.type !== undefined).map((state) => state.table)
  yield* alterTables({ ...work, scope: { schema, tables: large } }, hands, {
    pass: 'large',
    passes,
    size: 1,
    long: true,
    counted: true,
    alter: finish,
  })
}

interface Group {
  readonly schema: string
  readonly tables: readonly string[]
  readonly hidden: string
  readonly removal: Removal
}

async function dropSmall(
  q: Queryable,
  hands: TableHands,
  { schema, tables, hidden, removal }: Group,
): Promise<readonly PreImage[]> {
  const ours = tables.filter((name) => !removal.had.includes(printTable({ schema, name })))
  const states = (await columnStates(q, schema, ours, removal.column)).filter((state) => state.type !== undefined)
  const column = quoteIdentifier(removal.column)
  const small = states.filter((state) => state.bytes <= removal.smallTable)
  const large = states.filter((state) => state.bytes > removal.smallTable)
  const tablesToLock = states.map((state) => quoteTable({ schema, name: state.table }))
  if (tablesToLock.length > 0) await q.script(`lock table ${tablesToLock.join(', ')} in access exclusive mode`)
  for (const state of small) await keep(q, hands, { schema, state, column: removal.column, knownAs: removal.column })
  const statements = [
    ...small.map((state) => `alter table ${quoteTable({ schema, name: state.table })} drop column ${column}`),
    ...large.map(
      (state) =>
        `alter table ${quoteTable({ schema, name: state.table })} rename column ${column} to ${quoteIdentifier(hidden)}`,
    ),
  ]
  if (statements.length > 0) await q.script(statements.join(';\n'))
  return states.map((state) => ({
    name: printTable({ schema, name: state.table }),
    before: { column: removal.column },
    after: { column: null },
  }))
}

async function dropHidden(
  q: Queryable,
  hands: TableHands,
  { schema, tables, hidden, removal }: Group,
): Promise<readonly PreImage[]> {
  const states = (await columnStates(q, schema, tables, hidden)).filter((state) => state.type !== undefined)
  for (const state of states) {
    await keep(q, hands, { schema, state, column: hidden, knownAs: removal.column })
    await q.script(`alter table ${quoteTable({ schema, name: state.table })} drop column ${quoteIdentifier(hidden)}`)
  }
  return []
}

interface Keep {
  readonly schema: string
  readonly state: ColumnState
  readonly column: string
  readonly knownAs: string
}

function keep(q: Queryable, hands: TableHands, { schema, state, column, knownAs }: Keep): Promise<void> {
  return hands.keepValues(q, {
    table: { schema, name: state.table },
    key: state.primaryKey,
    column,
    knownAs,
    usual: state.default,
  })
}
