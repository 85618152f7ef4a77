import type { CheckIndexes } from './indexes.ts'
import { keyOf } from './names.ts'
import type { ListenRequest } from './requests.ts'
import { invalid, toRefusal } from './status.ts'
import { timestampOf, microsOf } from './store.ts'
import type { Database, StoredDocument, View } from './store.ts'
import { parseTarget, shown } from './targets.ts'
import type { Target } from './targets.ts'
import { parseTimestamp } from './values.ts'
import type { WireTarget } from './wire.ts'

/** The state of one stream: its targets and what its client was told of each. */
export interface Listener {
  take(request: ListenRequest): void
  hasNews(): boolean
  /** The messages that bring the client from what it was told to the present state. */
  news(): Generator<object>
  /** Tells the time although nothing happened. */
  beat(): void
  close(): void
}

interface Watched {
  readonly target: Target
  /** By sort key, as last told. */
  readonly told: Map<string, StoredDocument>
}

// As numbered in the protocol's TargetChangeType.
const [noChange, added, removed, current, reset] = [0, 1, 2, 3, 4]

/** Listens to a database; `onNews` is called when there is something to send. */
export function createListener(database: Database, check: CheckIndexes, onNews: () => void): Listener {
  const requests: ListenRequest[] = []
  const watched = new Map<number, Watched>()
  const ear: Ear = { database, check, watched }
  let dirty = new Set<string>()
  let isDue = false
  const stop = database.watch((changes) => {
    for (const { before, after } of changes) dirty.add((after ?? before)?.key ?? '')
    onNews()
  })
  return {
    take: (request) => void requests.push(request),
    hasNews: () => requests.length > 0 || dirty.size > 0 || isDue,
    *news() {
      const view = database.snapshot()
      const keys = dirty
      dirty = new Set()
      let isTold = isDue
      isDue = false
      for (const each of watched.values()) {
        for (const message of changesOf(each, view, keys)) {
          isTold = true
          yield message
        }
      }
      for (const request of requests.splice(0)) {
        isTold = true
        yield* answer(request, ear, view)
      }
      if (isTold && watched.size > 0) yield targetChange(noChange, [], view)
    },
    beat: () => {
      isDue = true
    },
    close: stop,
  }
}

interface Ear {
  readonly database: Database
  readonly check: CheckIndexes
  readonly watched: Map<number, Watched>
}

function* answer(request: ListenRequest, ear: Ear, view: View): Generator<object> {
  if (request.addTarget) yield* addTarget(request.addTarget, ear, view)
  else if (Object.hasOwn(request, 'removeTarget')) {
    const id = request.removeTarget ?? 0
    if (ear.watched.delete(id)) yield targetChange(removed, [id])
  } else throw invalid('A request to listen must add or remove a target.')
}

function* addTarget(wire: WireTarget, { database, check, watched }: Ear, view: View): Generator<object> {
  const id = wire.targetId ?? 0
  try {
    const target = parseTarget(wire, database.name, check)
    const from = stateToResume(wire, database)
    const told = new Map([...(from ? target.results(from) : [])].map((document) => [document.key, document]))
    const each: Watched = { target, told }
    watched.set(id, each)
    yield targetChange(added, [id])
    if (!from && isResuming(wire)) yield targetChange(reset, [id])
    yield* absentNames(target, view)
    yield* changesOf(each, view, undefined)
    if (from) yield { filter: { targetId: id, count: told.size } }
    yield targetChange(current, [id], view)
    if (target.once) {
      watched.delete(id)
      yield targetChange(removed, [id])
    }
  } catch (error) {
    const { code, details } = toRefusal(error)
    yield { targetChange: { targetChangeType: removed, targetIds: [id], cause: { code, message: details } } }
  }
}

const isResuming = (wire: WireTarget): boolean => (wire.resumeToken?.length ?? 0) > 0 || Boolean(wire.readTime)

/** What the client knows; undefined when it knows nothing, or that is no longer kept. */
function stateToResume(wire: WireTarget, database: Database): View | undefined {
  if (wire.resumeToken?.length) return database.at(readToken(wire.resumeToken))
  return wire.readTime ? database.at(microsOf(parseTimestamp(wire.readTime))) : undefined
}

function* absentNames({ id, names }: Target, view: View): Generator<object> {
  if (names.length === 0) return
  const prefix = `${view.name}/documents/`
  const readTime = timestampOf(view.readMicros())
  for (const name of names) {
    const key = keyOf(name.slice(prefix.length).split('/'))
    if (!view.get(key)) yield { documentDelete: { document: name, removedTargetIds: [id], readTime } }
  }
}

/** What differs between a state and what was told of it; only at some keys, where nothing else can have changed. */
function* changesOf(each: Watched, view: View, keys: ReadonlySet<string> | undefined): Generator<object> {
  const { target, told } = each
  const { holds } = target
  if (keys?.size === 0) return
  if (keys && holds) {
    for (const key of keys) yield* changeAt(each, view, key, presentAt(view, key, holds))
    return
  }
  const results = new Map([...target.results(view)].map((document) => [document.key, document]))
  for (const key of told.keys()) if (!results.has(key)) yield* changeAt(each, view, key, undefined)
  for (const [key, document] of results) yield* changeAt(each, view, key, document)
}

function presentAt(view: View, key: string, holds: (document: StoredDocument) => boolean): StoredDocument | undefined {
  const document = view.get(key)
  return document && holds(document) ? document : undefined
}

function* changeAt(
  { target, told }: Watched,
  view: View,
  key: string,
  now: StoredDocument | undefined,
): Generator<object> {
  const before = told.get(key)
  if (now === before) return
  if (now) {
    told.set(key, now)
    yield { documentChange: { document: shown(target, now), targetIds: [target.id] } }
    return
  }
  told.delete(key)
  const gone = { document: before?.name ?? '', removedTargetIds: [target.id], readTime: timestampOf(view.readMicros()) }
  yield view.get(key) ? { documentRemove: gone } : { documentDelete: gone }
}

/** With a view: its time, and the token with which a client goes on from there. */
function targetChange(targetChangeType: number, targetIds: readonly number[], view?: View): object {
  if (!view) return { targetChange: { targetChangeType, targetIds } }
  const micros = view.readMicros()
  return {
    targetChange: { targetChangeType, targetIds, readTime: timestampOf(micros), resumeToken: writeToken(micros) },
  }
}

function writeToken(micros: number): Buffer {
  const token = Buffer.alloc(8)
  token.writeDoubleBE(micros)
  return token
}

function readToken(token: Uint8Array): number {
  const micros = token.length === 8 ? Buffer.from(token).readDoubleBE() : Number.NaN
  if (!Number.isSafeInteger(micros)) throw invalid('Invalid resume token.')
  return micros
}
