import type { CheckEntries } from './indexes.ts'
import { limits } from './limits.ts'
import type { CheckRates } from './rates.ts'
import { invalid, toRefusal } from './status.ts'
import { timestampOf } from './store.ts'
import type { Change, Database, StoredDocument } from './store.ts'
import { hasIdenticalFields } from './values.ts'
import type { Timestamp, Value } from './values.ts'
import type { WireWrite } from './wire.ts'
import { withoutRepeats } from './repeats.ts'
import { applyWrite, parseWrite } from './writes.ts'

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

/** All writes at one time, or none and a refusal. */
export function commitWrites(database: Database, wires: readonly WireWrite[], gate: Gate): Committed {
  const writes = withoutRepeats(wires.map((wire) => parseWrite(wire, database.name)))
  if (writes.length === 0) return { writeResults: [] }
  gate.checkRates(database.name, writes)
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
  keepAndApply(database, changes, gate.keep)
  const writeResults = writes.map((write, at) => writeResult(staged.get(write.key), transformResults[at] ?? []))
  return { writeResults, commitTime: timestampOf(micros) }
}

export interface BatchWritten {
  readonly writeResults: readonly WriteResult[]
  readonly status: readonly { readonly code: number; readonly message: string }[]
}

/** Each write alone, with its own time and status. A request that is wrong as such changes nothing and is refused. */
export function batchWrite(database: Database, wires: readonly WireWrite[], gate: Gate): BatchWritten {
  if (wires.length > limits.batchWrites) {
    throw invalid(`maximum ${limits.batchWrites} writes allowed per request, this one has ${wires.length}`)
  }
  const writes = wires.map((wire) => parseWrite(wire, database.name))
  if (new Set(writes.map((write) => write.key)).size !== writes.length) {
    throw invalid('the same document cannot be written more than once in a single request')
  }
  gate.checkRates(database.name, writes)
  const changes: Change[] = []
  const answers = writes.map((write) => {
    try {
      const before = database.get(write.key)
      const { document, transformResults } = applyWrite(before, write, database.tick())
      if (document && document !== before) gate.checkEntries(document)
      changes.push({ before, after: document })
      return { result: writeResult(document, transformResults), status: { code: 0, message: '' } }
    } catch (error) {
      const { code, details } = toRefusal(error)
      return { result: {}, status: { code, message: details } }
    }
  })
  keepAndApply(database, changes.filter(isChange), gate.keep)
  return { writeResults: answers.map((answer) => answer.result), status: answers.map((answer) => answer.status) }
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
