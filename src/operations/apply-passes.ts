import type { Json } from '../kernel/canonical-json.ts'
import { isLockstepError } from '../kernel/errors.ts'
import type { LockstepError } from '../kernel/errors.ts'
import { printTable, quoteTable } from '../kernel/identifiers.ts'
import type { Queryable } from '../stores/tables.ts'
import { combined, isOfTable, leave } from './failed-tables.ts'
import type { Progress } from './failed-tables.ts'
import type { Checkpoint, TableHands, Work } from './operation.ts'
import { isShared, passGroups } from './pass-groups.ts'
import { imagesOf } from './pass-images.ts'
import { fillRows } from './row-pages.ts'
import { isOfSize, isOpen, passesUntil } from './table-passes.ts'
import type { CatalogPass, RowPass, Sized, TablePass } from './table-passes.ts'
import { tablesLeft, tablesScope } from './table-scope.ts'
import { tableStates } from './table-state.ts'
import type { TableState } from './table-state.ts'
import { workThrough } from './work-passes.ts'

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
  const progress: Progress = { scope, seen: new Map(), kept: new Set(), failed: new Map(), unfit: new Map(), lenient }
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
  { scope, seen, kept, unfit }: Progress,
): AsyncGenerator<Checkpoint> {
  const progress: Progress = { scope, seen, kept, failed: new Map(), unfit: new Map(), lenient: false }
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
  wanted: readonly string[],
  progress: Progress,
): AsyncGenerator<Checkpoint> {
  // An earlier pass of this shard has seen how large they are, and done what those of other sizes need.
  const names = wanted.filter((name) => isOfSizeAsSeen(pass, progress.seen.get(name)))
  if (names.length === 0) return
  if (pass.how === 'concurrently') {
    for (const table of await openTables(hands, pass, names, progress)) {
      yield* settled(hands, progress, (onFailure) => outsideOfTransactions(hands, pass, table, { progress, onFailure }))
    }
    return
  }
  const groups = [...passGroups(pass, await candidates(hands, pass, names, progress))]
  for (let group = groups.shift(); group !== undefined; group = groups.shift()) {
    const altering = { group, progress, changed: new Set<string>(), postponed: new Set<string>() }
    yield* settled(hands, progress, (onFailure) => inTransaction(hands, pass, { ...altering, onFailure }))
    for (const name of altering.changed) progress.kept.add(name)
    if (altering.postponed.size > 0) groups.unshift(group.filter(({ name }) => altering.postponed.has(name)))
  }
}

/** One change with its checkpoint; the tables that it could not be made to are left. */
async function* settled(
  hands: TableHands,
  progress: Progress,
  change: (onFailure: OnFailure) => Promise<Checkpoint>,
): AsyncGenerator<Checkpoint> {
  const failures: [string, LockstepError][] = []
  yield await change((name, error) => void failures.push([name, error]))
  for (const [name, error] of failures) await leave(hands, progress, name, error)
}

function isOfSizeAsSeen(pass: CatalogPass, seen: Sized | undefined): boolean {
  return seen === undefined || isOfSize(pass, seen)
}

/** Each transaction looks for itself what is left to do: a look before is taken only where it decides who shares one. */
async function candidates(
  hands: TableHands,
  pass: CatalogPass,
  names: readonly string[],
  progress: Progress,
): Promise<readonly Candidate[]> {
  const { seen } = progress
  if (pass.how === 'together' || names.every((name) => seen.has(name)))
    return names.map((name) => ({ name, bytes: seen.get(name)?.bytes ?? 0 }))
  return openTables(hands, pass, names, progress)
}

async function openTables(
  hands: TableHands,
  pass: CatalogPass,
  names: readonly string[],
  progress: Progress,
): Promise<readonly TableState[]> {
  return openOf(pass, await hands.tables.read((q) => tableStates(q, progress.scope, names)), progress)
}

/** What counted as larger for an earlier pass does so for all: else one emptied meanwhile would be left by each of them. */
function openOf(pass: CatalogPass, states: readonly TableState[], { seen }: Progress): readonly TableState[] {
  return states.filter((state) => {
    const before = seen.get(state.name)
    const bytes = Math.max(state.bytes, before?.bytes ?? 0)
    const parent = state.parent || before?.parent === true
    seen.set(state.name, { bytes, parent })
    return isOpen(pass, { ...state, bytes, parent })
  })
}

/** A table that may need the pass. */
type Candidate = Pick<TableState, 'name' | 'bytes'>

type OnFailure = (name: string, error: LockstepError) => void

interface Altering {
  readonly group: readonly Candidate[]
  readonly progress: Progress
  /** Tables with a pre-image of this pass. */
  readonly changed: Set<string>
  /** Tables that turned out to be too large to be read together with those before them. */
  readonly postponed: Set<string>
  readonly onFailure: OnFailure
}

/** Behind a table that failed the cursor stays, or the next `up` would pass it over. */
function cursorAt(pass: CatalogPass, table: string, { failed }: Progress): Json | undefined {
  return failed.size === 0 ? { pass: pass.name, table } : undefined
}

/** The last table of the group before those that were postponed. */
function lastOf({ group, postponed }: Altering): string {
  const end = group.findIndex(({ name }) => postponed.has(name))
  return group.at(end < 0 ? -1 : end - 1)?.name ?? ''
}

async function outsideOfTransactions(
  hands: TableHands,
  pass: CatalogPass,
  table: TableState,
  { progress, onFailure }: Pick<Altering, 'progress' | 'onFailure'>,
): Promise<Checkpoint> {
  let changed = 0
  try {
    await buildAlone(hands, pass, table)
    changed++
  } catch (error) {
    if (!isOfTable(error)) throw error
    onFailure(table.name, error)
  }
  const cursor = changed > 0 ? cursorAt(pass, table.name, progress) : undefined
  return { ...(await hands.change({ names: [table.name], cursor, work: () => Promise.resolve([]) })), changed }
}

function inTransaction(hands: TableHands, pass: CatalogPass, altering: Altering): Promise<Checkpoint> {
  const { group, progress, onFailure } = altering
  return hands.change({
    names: group.map(({ name }) => name),
    cursor: () => cursorAt(pass, lastOf(altering), progress),
    long: !group.every((table) => isShared(pass, table)),
    catalog: pass.keeps === undefined,
    onFailure,
    work: async (q, some) => {
      // As of now, in the transaction itself: tables grow, and another runner may have been here.
      const found = await tableStates(q, progress.scope, some)
      const open = openOf(pass, found, progress)
      const now = fitting(pass, open)
      for (const name of some) altering.postponed.delete(name)
      for (const { name } of open.slice(now.length)) altering.postponed.add(name)
      await keepBefore(q, pass, now, hands)
      const images = await imagesOf(q, pass, now, progress.kept)
      await runStatements(q, pass, now)
      for (const { name } of now) altering.changed.add(name)
      return images
    },
  })
}

/** The first of them, as many as may be read in one transaction. */
function fitting(pass: CatalogPass, tables: readonly TableState[]): readonly TableState[] {
  const { bytesAtOnce = Infinity } = pass
  let bytes = 0
  const end = tables.findIndex((table) => (bytes += table.bytes) > bytesAtOnce)
  return end < 0 ? tables : tables.slice(0, Math.max(1, end))
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
