import type { Json } from '../kernel/canonical-json.ts'
import { isLockstepError } from '../kernel/errors.ts'
import type { LockstepError } from '../kernel/errors.ts'
import { printTable, quoteTable } from '../kernel/identifiers.ts'
import type { Queryable } from '../stores/tables.ts'
import { combined, isOfTable, leave } from './failed-tables.ts'
import type { Progress } from './failed-tables.ts'
import { phases } from './operation.ts'
import type { KeptValues } from './kept-values.ts'
import type { Checkpoint, TableHands, Work, WorkPhase } from './operation.ts'
import { isShared, passGroups } from './pass-groups.ts'
import { imagesOf } from './pass-images.ts'
import { fillRows } from './row-pages.ts'
import type { RowFill } from './row-pages.ts'
import { tablesLeft, tablesScope } from './table-scope.ts'
import { tableSizes, tableStates } from './table-state.ts'
import type { TableState } from './table-state.ts'
import { workThrough } from './work-passes.ts'
import type { WorkPass } from './work-passes.ts'

export interface PassBase {
  /** Tells the passes of an operation apart, in cursors too. */
  readonly name: string
  /** The phase from which on a table has to have it. A table found late catches up with all earlier ones. */
  readonly phase: WorkPhase
  /** For the plan, in the imperative: `add the check, not yet valid`. */
  readonly what: string
  /** For the plan: the strongest lock and for how long. */
  readonly lock: string
  /** For the plan: what `down` does about it. */
  readonly undo: string
  /** For verification, as what is wrong with a table: `column language is missing`. */
  readonly lacking: string
}

export interface Refusal {
  readonly error: LockstepError
  /** Statements that take away what a failed concurrent build left. */
  readonly leftovers?: readonly string[]
}

/** A change of the catalog, decided for each table from its state alone. */
export interface CatalogPass extends PassBase {
  /**
   * `together`: many tables in one transaction, no row is read. `one by one`: a transaction for each table over 1 MiB,
   * in which the whole of it may be read; smaller ones share theirs, unless values are kept. `concurrently`: outside of
   * any transaction.
   */
  readonly how: 'together' | 'one by one' | 'concurrently'
  /** What is left to do for the table once all earlier passes are done; none where it has what this one gives. */
  readonly statements: (table: TableState) => readonly string[]
  /** Values that are copied into the ledger before the statements take them away, in the same transaction. */
  readonly keeps?: (table: TableState) => KeptValues | undefined
  /** More of what a table was, read in the transaction before the statements, for its pre-image. */
  readonly also?: (q: Queryable, table: TableState) => Promise<{ readonly [key: string]: Json }>
  /** Tables that change together at most, where each holds its lock for longer than a catalog change. */
  readonly atOnce?: number
  /** Bytes that tables which change together have at most, where each is read as a whole. */
  readonly bytesAtOnce?: number
  /** Lock slots that a table takes, those of its indexes, sequences and toast table included. Default 4. */
  readonly locks?: number
  /** What the server's refusal means to the user; undefined where its own words say enough. */
  readonly refused?: (table: TableState, error: unknown) => Refusal | undefined
  /** For the plan: bytes that it adds to these tables. */
  readonly grows?: (tables: readonly TableState[]) => number
}

/** A change of rows, batch by batch in the order of the primary key. */
export interface RowPass extends PassBase {
  readonly how: 'rows'
  /** Undefined where the table has no rows to change any more. */
  readonly fill: (table: TableState) => RowFill | undefined
}

export type TablePass = CatalogPass | RowPass | WorkPass

/** Passes that a table has to have had in a phase: its own and those before it. The way back has only its own. */
export function passesUntil(passes: readonly TablePass[], phase: WorkPhase): readonly TablePass[] {
  if (phase === 'revert') return passes.filter((pass) => pass.phase === 'revert')
  const now = phases.indexOf(phase)
  return passes.filter((pass) => pass.phase !== 'revert' && phases.indexOf(pass.phase) <= now)
}

/**
 * A phase whose sweeps are for tables that were born meanwhile. In expand the others were looked at by the plan, and
 * verification looks at all of them again; in a phase without work of its own they were when the phase before it ended.
 */
export function isCatchingUp(passes: readonly TablePass[], phase: WorkPhase): boolean {
  if (phase === 'expand') return true
  return (phase === 'backfill' || phase === 'cutover') && passes.every((pass) => pass.phase !== phase)
}

/** Whether the catalog shows that the pass has something to do; rows are not looked at. */
export function isOpen(pass: TablePass, table: TableState): boolean {
  return pass.how !== 'rows' && pass.how !== 'work' && pass.statements(table).length > 0
}

/**
 * Runs the passes of the shard's phase over its tables, each pass from the cursor on. Safe to repeat. A table that
 * cannot be changed is left, and the others go on; once they are done, or too many failed, it is an error. With `lenient`
 * a table whose rows are in the way is left out of the step for good, as it was before it.
 */
export async function* applyPasses(
  work: Work<unknown>,
  hands: TableHands,
  passes: readonly TablePass[],
  lenient = false,
): AsyncGenerator<Checkpoint> {
  const due = passesUntil(passes, work.phase)
  const names = due.map(({ name }) => name)
  const scope = tablesScope.parse(work.scope)
  const progress: Progress = { scope, bytes: new Map(), kept: new Set(), failed: new Map(), unfit: new Map(), lenient }
  for (const pass of due) {
    const left = tablesLeft(work, pass.name, names).filter(
      (name) => !progress.failed.has(name) && !progress.unfit.has(name),
    )
    if (pass.how === 'work') {
      yield* workThrough(work, hands, pass, { names: left, progress })
    } else if (pass.how === 'rows') {
      const states = await hands.tables.read((q) => tableStates(q, scope, left))
      yield* fill(work, hands, pass, { states, progress })
    } else {
      yield* alter(hands, pass, left, progress)
    }
  }
  if (progress.unfit.size > 0) yield* leaveOut(work, hands, passesUntil(passes, 'revert'), progress)
  if (progress.failed.size > 0) throw combined(progress.failed)
}

/** Takes back what was done to tables that turned out to be unfit, and notes that they are left out. */
async function* leaveOut(
  work: Work<unknown>,
  hands: TableHands,
  back: readonly TablePass[],
  { scope, bytes, kept, unfit }: Progress,
): AsyncGenerator<Checkpoint> {
  const progress: Progress = { scope, bytes, kept, failed: new Map(), unfit: new Map(), lenient: false }
  for (const pass of back) {
    if (pass.how === 'rows') continue
    const names = [...unfit.keys()]
    const undoing =
      pass.how === 'work' ? workThrough(work, hands, pass, { names, progress }) : alter(hands, pass, names, progress)
    for await (const checkpoint of undoing) yield { ...checkpoint, cursor: null }
  }
  for (const [name, error] of unfit) await hands.leaveOut(printTable({ schema: scope.schema, name }), error.message)
}

async function* fill(
  work: Work<unknown>,
  hands: TableHands,
  pass: RowPass,
  { states, progress }: { readonly states: readonly TableState[]; readonly progress: Progress },
): AsyncGenerator<Checkpoint> {
  for (const table of states) {
    const rows = pass.fill(table)
    if (rows === undefined) continue
    try {
      for await (const checkpoint of fillRows(work, hands, pass.name, { table, fill: rows })) yield checkpoint
    } catch (error) {
      if (!isOfTable(error)) throw error
      await leave(hands, progress, table.name, error)
    }
  }
}

async function* alter(
  hands: TableHands,
  pass: CatalogPass,
  names: readonly string[],
  progress: Progress,
): AsyncGenerator<Checkpoint> {
  const grouped =
    pass.how === 'concurrently'
      ? (await openTables(hands, pass, names, progress)).map((table) => ({ group: [table], alone: table }))
      : passGroups(pass, await candidates(hands, pass, names, progress)).map((group) => ({ group, alone: undefined }))
  for (const { group, alone } of grouped) {
    const failures: [string, LockstepError][] = []
    const onFailure = (name: string, error: LockstepError): void => void failures.push([name, error])
    const altering = { group, progress, onFailure }
    yield await (alone === undefined
      ? inTransaction(hands, pass, altering)
      : outsideOfTransactions(hands, pass, alone, altering))
    for (const [name, error] of failures) await leave(hands, progress, name, error)
    for (const { name } of group) progress.kept.add(name)
  }
}

/** Each transaction looks for itself what is left to do: a look before is taken only where it decides who shares one. */
async function candidates(
  hands: TableHands,
  pass: CatalogPass,
  names: readonly string[],
  progress: Progress,
): Promise<readonly Candidate[]> {
  const { bytes } = progress
  if (pass.how === 'together' && pass.bytesAtOnce === undefined) return names.map((name) => ({ name, bytes: 0 }))
  if (names.every((name) => bytes.has(name))) return names.map((name) => ({ name, bytes: bytes.get(name) ?? 0 }))
  if (pass.how === 'together') return hands.tables.read((q) => tableSizes(q, progress.scope, names))
  return openTables(hands, pass, names, progress)
}

async function openTables(
  hands: TableHands,
  pass: CatalogPass,
  names: readonly string[],
  { scope }: Progress,
): Promise<readonly TableState[]> {
  const states = await hands.tables.read((q) => tableStates(q, scope, names))
  return states.filter((state) => isOpen(pass, state))
}

/** A table that may need the pass. */
type Candidate = Pick<TableState, 'name' | 'bytes'>

interface Altering {
  readonly group: readonly Candidate[]
  readonly progress: Progress
  readonly onFailure: (name: string, error: LockstepError) => void
}

/** Behind a table that failed the cursor stays, or the next `up` would pass it over. */
function cursorAt(pass: CatalogPass, { group, progress }: Altering): Json | undefined {
  return progress.failed.size === 0 ? { pass: pass.name, table: group.at(-1)?.name ?? '' } : undefined
}

async function outsideOfTransactions(
  hands: TableHands,
  pass: CatalogPass,
  table: TableState,
  altering: Altering,
): Promise<Checkpoint> {
  let changed = 0
  try {
    await buildAlone(hands, pass, table)
    changed++
  } catch (error) {
    if (!isOfTable(error)) throw error
    altering.onFailure(table.name, error)
  }
  const cursor = changed > 0 ? cursorAt(pass, altering) : undefined
  return { ...(await hands.change({ names: [table.name], cursor, work: () => Promise.resolve([]) })), changed }
}

function inTransaction(hands: TableHands, pass: CatalogPass, altering: Altering): Promise<Checkpoint> {
  const { group, progress, onFailure } = altering
  return hands.change({
    names: group.map(({ name }) => name),
    cursor: cursorAt(pass, altering),
    long: !group.every((table) => isShared(pass, table)),
    onFailure,
    work: async (q, some) => {
      // As of now, in the transaction itself: tables grow, and another runner may have been here.
      const found = await tableStates(q, progress.scope, some)
      for (const { name, bytes } of found) progress.bytes.set(name, bytes)
      const now = found.filter((state) => isOpen(pass, state))
      await keepBefore(q, pass, now, hands)
      const images = await imagesOf(q, pass, now, progress.kept)
      await runStatements(q, pass, now)
      return images
    },
  })
}

/** Said in the app's words where the pass has some; what a refused build left is taken away. */
async function buildAlone(hands: TableHands, pass: CatalogPass, table: TableState): Promise<void> {
  try {
    await hands.alone(...pass.statements(table))
  } catch (error) {
    const refusal = pass.refused?.(table, isLockstepError(error) ? error.cause : error)
    if (refusal === undefined) throw error
    if (refusal.leftovers !== undefined) await hands.alone(...refusal.leftovers)
    throw refusal.error
  }
}

/** Of several tables the server does not say which it refused: halving finds it. */
async function runStatements(q: Queryable, pass: CatalogPass, tables: readonly TableState[]): Promise<void> {
  const [table, ...others] = tables
  if (table === undefined) return
  try {
    await q.script(tables.flatMap((state) => pass.statements(state)).join(';\n'))
  } catch (error) {
    const refusal = others.length > 0 ? undefined : pass.refused?.(table, error)
    throw refusal?.error ?? error
  }
}

/** In a table that changes together with others, writers wait, so that nothing comes in between. */
async function keepBefore(
  q: Queryable,
  pass: CatalogPass,
  tables: readonly TableState[],
  hands: TableHands,
): Promise<void> {
  const kept = tables.flatMap((table) => pass.keeps?.(table) ?? [])
  if (kept.length === 0) return
  if (pass.how === 'together')
    await q.script(`lock table ${tables.map(quoteTable).join(', ')} in access exclusive mode`)
  for (const values of kept) await hands.keepValues(q, values)
}
