import { backoffDelay } from '../kernel/backoff.ts'
import { LockstepError } from '../kernel/errors.ts'
import type { DocumentEdit, SettleOptions, Unit } from '../operations/document-hands.ts'
import type { Checkpoint, KeptPage } from '../operations/operation.ts'
import type { Document, DocumentWrite, DocumentWriter, WriteResult } from '../stores/documents.ts'
import { afterOf, hasLanded, imageOf, nameOf, pathsOf, showsAfter } from './document-images.ts'
import type { LeftPages } from './left-pages.ts'
import { isPassing } from './passing-errors.ts'
import type { PreImage } from '../operations/operation.ts'
import { isPrefix } from '../operations/value-tree.ts'

/** Rounds of re-reading a document that others keep changing. Each is a fresh chance; 2,000 documents under 500 writes a second were measured to settle in 4. */
const mostRounds = 25

export interface Settling {
  readonly documents: DocumentWriter
  readonly left: LeftPages
  /** Stores a page of pre-images and returns its number. */
  readonly keep: (images: readonly PreImage[]) => Promise<string>
  /** Resolves when so many writes may be sent. */
  readonly pace: (writes: number) => Promise<void>
  readonly sleep: (ms: number) => Promise<void>
  readonly signal: AbortSignal
  /** Retries what passes by itself: a lost connection, an overloaded server. */
  readonly patiently: <T>(work: () => Promise<T>) => Promise<T>
}

/** A write on its way: `at` is where its pre-image is, `doubt` says that an earlier try may have landed. */
interface Item<U> {
  readonly unit: U
  readonly edit: DocumentEdit
  at?: { readonly seq: string; readonly index: number }
  doubt: boolean
  /** The last try met another version, of the document or of one that it depends on. */
  conflict?: boolean
}

interface Tally {
  changed: number
  skipped: number
  conflicts: number
  /** Images that never became a write, by page. */
  readonly fates: Map<string, number[]>
}

/** Sends the edits of a page of units until each has landed or is not needed any more. */
export async function settleUnits<U extends Unit>(settling: Settling, options: SettleOptions<U>): Promise<Checkpoint> {
  const behind = settling.left.passed(options.units.at(-1)?.key ?? '')
  const tally: Tally = { changed: 0, skipped: 0, conflicts: 0, fates: new Map() }
  let items = await compute(settling, options, options.units, tally)
  for (let round = 0; items.length > 0; round++) {
    if (round >= mostRounds) throw tooHot(items)
    if (round > 0) await settling.sleep(backoffDelay({ first: 10, longest: 1_000, repeats: mostRounds }, round))
    settling.signal.throwIfAborted()
    await keepImages(settling, items, tally)
    await settling.pace(items.length)
    settling.signal.throwIfAborted()
    const results = await send(settling, items)
    items = await book(settling, options, { items, results, tally })
  }
  const { changed, skipped, conflicts, fates } = tally
  return { cursor: null, changed, skipped, conflicts, kept: [...behind, ...[...fates].map(keptPage)] }
}

function keptPage([seq, unapplied]: readonly [string, readonly number[]]): KeptPage {
  return { seq, unapplied }
}

async function compute<U extends Unit>(
  { left }: Settling,
  { edits }: SettleOptions<U>,
  units: readonly U[],
  tally: Tally,
): Promise<Item<U>[]> {
  const items: Item<U>[] = []
  for (const unit of units) {
    const due = (await edits(unit)).filter((edit) => !isLanded(left, edit))
    if (due.length === 0) tally.skipped++
    for (const edit of due) items.push({ unit, edit, doubt: false })
  }
  return items
}

/**
 * A document that shows what an earlier attempt meant to write to it is done, whatever the change would make of it now;
 * what that attempt did not touch is not.
 */
function isLanded({ landed }: LeftPages, edit: DocumentEdit): boolean {
  if (edit.op !== 'patch') return false
  const image = landed.get(edit.document.name)
  if (image === undefined || !showsAfter(edit.document, image.after)) return false
  return edit.changes.every(({ path }) => image.after.some(([other]) => isPrefix(other, path)))
}

async function keepImages<U extends Unit>(
  settling: Settling,
  items: readonly Item<U>[],
  { fates }: Tally,
): Promise<void> {
  const unkept = items.filter((item) => item.at === undefined)
  if (unkept.length === 0) return
  const seq = await settling.keep(unkept.map(({ edit, unit }) => imageOf(edit, unit.key)))
  for (const [index, item] of unkept.entries()) item.at = { seq, index }
  fates.set(seq, [])
}

/** Edits that depend on other documents on their way at once: each is a request of its own. */
const dependentAtOnce = 16

/** Undefined where the fate of the write is unknown because the connection broke. */
async function send<U extends Unit>(
  { documents }: Settling,
  items: readonly Item<U>[],
): Promise<readonly (WriteResult | undefined)[]> {
  const results = new Map<Item<U>, WriteResult | undefined>()
  const isAlone = ({ edit }: Item<U>): boolean => (edit.given?.length ?? 0) === 0
  const alone = items.filter(isAlone)
  const dependent = items.filter((item) => !isAlone(item))
  if (alone.length > 0) {
    const found = await unlessLost(() => documents.write(alone.map(({ edit }) => writeOf(edit))))
    for (const [index, item] of alone.entries()) results.set(item, found?.[index])
  }
  for (let from = 0; from < dependent.length; from += dependentAtOnce) {
    const some = dependent.slice(from, from + dependentAtOnce)
    const found = await Promise.all(some.map(({ edit }) => unlessLost(() => documents.commit(dependentWrites(edit)))))
    for (const [index, item] of some.entries()) results.set(item, found[index])
  }
  return items.map((item) => results.get(item))
}

async function unlessLost<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (!isPassing(error)) throw error
    return undefined
  }
}

/** A patch of nothing asks for the version and changes none. */
function dependentWrites(edit: DocumentEdit): readonly DocumentWrite[] {
  const given = (edit.given ?? []).map((document) => ({
    op: 'patch' as const,
    name: document.name,
    changes: [],
    expect: versionOf(document),
  }))
  return [...given, writeOf(edit)]
}

function writeOf(edit: DocumentEdit): DocumentWrite {
  switch (edit.op) {
    case 'patch':
      return { op: 'patch', name: edit.document.name, changes: edit.changes, expect: versionOf(edit.document) }
    case 'create':
      return { op: 'put', name: edit.name, fields: edit.fields, expect: { exists: false } }
    case 'delete':
      return { op: 'delete', name: edit.document.name, expect: versionOf(edit.document) }
  }
}

function versionOf({ updateTime }: Document): { readonly updateTime: string } {
  return { updateTime }
}

interface Sent<U> {
  readonly items: readonly Item<U>[]
  readonly results: readonly (WriteResult | undefined)[]
  readonly tally: Tally
}

/** Books what landed and returns what has to be sent again; the units of conflicts are read and computed afresh. */
async function book<U extends Unit>(
  settling: Settling,
  options: SettleOptions<U>,
  { items, results, tally }: Sent<U>,
): Promise<Item<U>[]> {
  const again: Item<U>[] = []
  const doubted: Item<U>[] = []
  const stale: Item<U>[] = []
  for (const [index, item] of items.entries()) {
    const result = results[index]
    if (result?.ok === true) tally.changed++
    else if (result === undefined) doubted.push(Object.assign(item, { doubt: true }))
    else if (result.kind === 'conflict') (item.doubt ? doubted : stale).push(Object.assign(item, { conflict: true }))
    else if (result.kind === 'refused') throw refused(item, result)
    else again.push(item)
  }
  if (doubted.length > 0) await judge(settling, { doubted, again, stale, tally })
  if (stale.length === 0) return again
  const units = new Set(stale.map(({ unit }) => unit))
  const dropped = again.filter(({ unit }) => units.has(unit))
  for (const { at } of [...stale, ...dropped]) if (at !== undefined) tally.fates.get(at.seq)?.push(at.index)
  tally.conflicts += units.size
  const fresh = await settling.patiently(() => options.reload([...units]))
  tally.skipped += units.size - fresh.length
  return [...again.filter(({ unit }) => !units.has(unit)), ...(await compute(settling, options, fresh, tally))]
}

interface Doubts<U> {
  readonly doubted: readonly Item<U>[]
  readonly again: Item<U>[]
  readonly stale: Item<U>[]
  readonly tally: Tally
}

/** Writes that may have landed: there, not there yet, or overtaken by someone else's. */
async function judge<U extends Unit>(settling: Settling, { doubted, again, stale, tally }: Doubts<U>): Promise<void> {
  const paths = pathsOf(doubted.map(({ edit }) => ({ after: afterOf(edit), made: [] })))
  const names = doubted.map(({ edit }) => nameOf(edit))
  const found = await settling.patiently(() => settling.documents.get(names, paths))
  for (const [index, item] of doubted.entries()) {
    const now = found[index]
    const before = item.edit.op === 'create' ? undefined : item.edit.document.updateTime
    if (now?.updateTime === before) (item.conflict === true ? stale : again).push(item)
    else if (hasLanded(now, { version: before, after: afterOf(item.edit) })) tally.changed++
    else stale.push(item)
  }
}

function refused<U>({ edit }: Item<U>, result: { readonly status: string; readonly message: string }): LockstepError {
  const name = nameOf(edit)
  return new LockstepError('LS-3004', `Firestore refused the write to ${name}: ${result.status}`, {
    where: { name },
    why: result.message,
    hint: 'mend that document or the migration, then run up again: everything else is kept',
  })
}

function tooHot<U>(items: readonly Item<U>[]): LockstepError {
  const [first] = items
  return new LockstepError('LS-4004', `${items.length} documents changed faster than they could be rewritten`, {
    where: { name: first === undefined ? '' : nameOf(first.edit) },
    hint: 'run up again when the app writes less to them; nothing is lost',
  })
}
