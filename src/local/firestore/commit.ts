import type { CheckEntries } from './indexes.ts'
import { limits } from './limits.ts'
import { lockTimeout } from './locks.ts'
import type { Claim, Locks } from './locks.ts'
import type { CheckRates } from './rates.ts'
import { invalid, toRefusal } from './status.ts'
import { timestampOf } from './store.ts'
import type { Change, Database, StoredDocument } from './store.ts'
import { hasIdenticalFields } from './values.ts'
import type { Timestamp, Value } from './values.ts'
import type { WireWrite } from './wire.ts'
import { withoutRepeats } from './repeats.ts'
import { applyWrite, parseWrite } from './writes.ts'
import type { Write } from './writes.ts'

/** Takes changes to a place that survives the process, before they are seen by anyone. */
export type Keep = (database: Database, changes: readonly Change[]) => void

/** What a commit passes on its way. */
export interface Gate {
  readonly checkRates: CheckRates
  readonly checkEntries: CheckEntries
  readonly keep: Keep
}

export interface WriteResult {
  readonly updateTime?: Timestamp
  readonly transformResults?: readonly Value[]
}

export interface Committed {
  readonly writeResults: readonly WriteResult[]
  readonly commitTime?: Timestamp
}

/** Where a commit waits for those that have read what it changes. */
export interface Turn extends Claim {
  readonly locks: Locks
}

/** All writes at one time, once nobody is in the way, or none and a refusal. */
export function commitWrites(
  database: Database,
  wires: readonly WireWrite[],
  { gate, turn }: { readonly gate: Gate; readonly turn: Turn },
): Committed | Promise<Committed> {
  const writes = admitted(database, wires, gate)
  if (writes.length === 0) return { writeResults: [] }
  const keys = writes.map(({ key }) => key)
  return turn.locks.enter(turn, () => {
    const readers = turn.locks.inTheWay(turn, keys, [])
    if (readers.size > 0) return readers
    const staged = stage(database, writes, gate)
    const askers = turn.locks.inTheWay(turn, [], staged.changes)
    return askers.size > 0 ? askers : staged.land()
  })
}

/** The same at once, whoever has read what it changes. */
export function forceWrites(database: Database, wires: readonly WireWrite[], gate: Gate): void {
  stage(database, admitted(database, wires, gate), gate).land()
}

function admitted(database: Database, wires: readonly WireWrite[], gate: Gate): readonly Write[] {
  const writes = withoutRepeats(wires.map((wire) => parseWrite(wire, database.name)))
  if (writes.length > 0) gate.checkRates(database.name, writes)
  return writes
}

interface Staged {
  readonly changes: readonly Change[]
  readonly land: () => Committed
}

/** What the writes would change now, or a refusal. */
function stage(database: Database, writes: readonly Write[], gate: Gate): Staged {
  const micros = database.tick()
  const staged = new Map<string, StoredDocument | undefined>()
  const transformResults = writes.map((write) => {
    const stored = staged.has(write.key) ? staged.get(write.key) : database.get(write.key)
    const applied = applyWrite(stored, write, micros)
    staged.set(write.key, unlessSame(database.get(write.key), applied.document))
    return applied.transformResults
  })
  const changes = [...staged].map(([key, after]) => ({ before: database.get(key), after })).filter(isChange)
  for (const { after } of changes) if (after) gate.checkEntries(after)
  return {
    changes,
    land: () => {
      keepAndApply(database, changes, gate.keep)
      const writeResults = writes.map((write, at) => writeResult(staged.get(write.key), transformResults[at] ?? []))
      return { writeResults, commitTime: timestampOf(micros) }
    },
  }
}

export interface BatchWritten {
  readonly writeResults: readonly WriteResult[]
  readonly status: readonly { readonly code: number; readonly message: string }[]
}

/**
 * Each write alone, with its own time and status, once nobody is in the way; those whose document is still held after that are
 * ABORTED. A request that is wrong as such changes nothing and is refused.
 */
export function batchWrite(
  database: Database,
  wires: readonly WireWrite[],
  { gate, locks }: { readonly gate: Gate; readonly locks: Locks },
): BatchWritten | Promise<BatchWritten> {
  if (wires.length > limits.batchWrites) {
    throw invalid(`maximum ${limits.batchWrites} writes allowed per request, this one has ${wires.length}`)
  }
  const writes = wires.map((wire) => parseWrite(wire, database.name))
  if (new Set(writes.map((write) => write.key)).size !== writes.length) {
    throw invalid('the same document cannot be written more than once in a single request')
  }
  gate.checkRates(database.name, writes)
  const claim: Claim = { database: database.name, holder: undefined }
  return locks.enter(claim, (isLast) => {
    const answers: Tried[] = []
    for (const write of writes) {
      const tried = tryWrite(database, write, gate)
      const others = locks.inTheWay(claim, [write.key], tried.change ? [tried.change] : [])
      if (others.size > 0 && !isLast) return others
      answers.push(others.size > 0 ? refused(lockTimeout()) : tried)
    }
    keepAndApply(database, answers.flatMap(({ change }) => change ?? []).filter(isChange), gate.keep)
    return { writeResults: answers.map((answer) => answer.result), status: answers.map((answer) => answer.status) }
  })
}

interface Tried {
  readonly result: WriteResult
  readonly status: BatchWritten['status'][number]
  readonly change?: Change
}

/** What one write would change, or its status where it is refused. */
function tryWrite(database: Database, write: Write, gate: Gate): Tried {
  try {
    const before = database.get(write.key)
    const { document, transformResults } = applyWrite(before, write, database.tick())
    if (document && document !== before) gate.checkEntries(document)
    const change = { before, after: document }
    return { result: writeResult(document, transformResults), status: { code: 0, message: '' }, change }
  } catch (error) {
    return refused(error)
  }
}

function refused(error: unknown): Tried {
  const { code, details } = toRefusal(error)
  return { result: {}, status: { code, message: details } }
}

/** The stored document itself where several writes together have changed nothing, unless one of them deleted it. */
function unlessSame(before: StoredDocument | undefined, after: StoredDocument | undefined): StoredDocument | undefined {
  const isSame = before?.createTime === after?.createTime && before && after
  return isSame && hasIdenticalFields(before.fields, after.fields) ? before : after
}

const isChange = (change: Change): boolean => change.before !== change.after

function keepAndApply(database: Database, changes: readonly Change[], keep: Keep): void {
  if (changes.length === 0) return
  keep(database, changes)
  database.apply(changes)
}

function writeResult(document: StoredDocument | undefined, transformResults: readonly Value[]): WriteResult {
  return document ? { updateTime: document.updateTime, transformResults } : { transformResults }
}
