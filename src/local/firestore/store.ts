import { createRequire } from 'node:module'
import type sortedBtree from 'sorted-btree'
import { createHistory } from './history.ts'
import type { Fields, Timestamp } from './values.ts'

// Its default export is seen differently by Node and by bundlers; require gives the same object everywhere.
const { default: BTree } = createRequire(import.meta.url)('sorted-btree') as typeof sortedBtree

/** A document as stored and, with its other properties ignored, as google.firestore.v1.Document is encoded. */
export interface StoredDocument {
  /** The full resource name. */
  readonly name: string
  /** The sort key of its path. */
  readonly key: string
  readonly collectionId: string
  readonly fields: Fields
  readonly createTime: Timestamp
  readonly updateTime: Timestamp
  /** `updateTime` in microseconds: equal numbers are equal versions. */
  readonly version: number
  /** Bytes by the documented formula. */
  readonly size: number
}

/** Documents by sort key. `clone` is constant-time and keeps what it saw while the original changes. */
export type Tree = sortedBtree.default<string, StoredDocument>

/** One document before and after a commit; undefined is absent. */
export interface Change {
  readonly before: StoredDocument | undefined
  readonly after: StoredDocument | undefined
}

/** A state of a database to read from. */
export interface View {
  readonly name: string
  get(key: string): StoredDocument | undefined
  /** All documents, or those whose collection has the id. Iterate over a clone when others may write meanwhile. */
  tree(collectionId?: string): Tree
  /** The moment this state is true of, in microseconds. */
  readMicros(): number
}

export interface Database extends View {
  /** A microsecond later than any given before, never behind the clock. */
  tick(): number
  /** The time of the newest commit, in microseconds. */
  lastCommit(): number
  apply(changes: readonly Change[]): void
  /** The same for changes of an earlier life: they can neither be undone nor are they told to anyone. */
  load(changes: readonly Change[]): void
  /** Removes every document. */
  clear(): void
  /** This state, unmoved by later writes. */
  snapshot(): View
  /** The state at a moment, in microseconds; undefined when it is older than what is kept. */
  at(micros: number): View | undefined
  /** Calls back with the changes of each commit once they are in; returns what ends that. */
  watch(listener: Listener): () => void
}

export type Listener = (changes: readonly Change[]) => void

/** An empty database in memory, ordered by document name as a whole and per collection id. */
export function createDatabase(name: string): Database {
  const all = emptyTree()
  const groups = new Map<string, Tree>()
  const listeners = new Set<Listener>()
  const history = createHistory()
  let last = 0
  let newest = 0
  const load = (changes: readonly Change[]): void => {
    for (const change of changes) {
      set(all, groups, change)
      newest = Math.max(newest, change.after?.version ?? last)
      last = Math.max(last, newest)
    }
    history.forget(newest)
  }
  const database: Database = {
    name,
    tick: () => (last = Math.max(last + 1, Date.now() * 1000)),
    // Moves the clock: a later commit must not be of a moment that someone has looked at.
    readMicros: () => (last = Math.max(last, Date.now() * 1000)),
    lastCommit: () => newest,
    get: (key) => all.get(key),
    tree: (id) => (id === undefined ? all : (groups.get(id) ?? nothing)),
    snapshot: () => createSnapshot(database, groups, []),
    at: (micros) => {
      const later = history.after(micros)
      return later && { ...createSnapshot(database, groups, later), readMicros: () => micros }
    },
    load,
    apply: (changes) => {
      for (const change of changes) set(all, groups, change)
      newest = changes.reduce((latest, { after }) => Math.max(latest, after?.version ?? last), newest)
      last = Math.max(last, newest)
      history.note(changes, newest)
      for (const listener of listeners) listener(changes)
    },
    clear: () => {
      const changes = [...all.values()].map((before): Change => ({ before, after: undefined }))
      for (const change of changes) set(all, groups, change)
      history.forget(database.tick())
      for (const listener of listeners) listener(changes)
    },
    watch: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
  return database
}

const emptyTree = (): Tree => new BTree<string, StoredDocument>(undefined, (a, b) => (a < b ? -1 : a > b ? 1 : 0))

const nothing = emptyTree()

function groupOf(groups: Map<string, Tree>, collectionId: string): Tree {
  const found = groups.get(collectionId)
  if (found) return found
  const made = emptyTree()
  groups.set(collectionId, made)
  return made
}

function set(all: Tree, groups: Map<string, Tree>, { before, after }: Change): void {
  const document = after ?? before
  if (!document) return
  setOrDelete(all, document.key, after)
  setOrDelete(groupOf(groups, document.collectionId), document.key, after)
}

function setOrDelete(tree: Tree, key: string, document: StoredDocument | undefined): void {
  if (document) tree.set(key, document)
  else tree.delete(key)
}

/** The present state without the changes given, newest first. */
function createSnapshot(database: Database, groups: ReadonlyMap<string, Tree>, undone: readonly Change[]): View {
  const all = database.tree().clone()
  const kept = new Map([...groups].map(([id, tree]) => [id, tree.clone()]))
  const micros = database.readMicros()
  for (const { before, after } of undone) set(all, kept, { before: after, after: before })
  return {
    name: database.name,
    get: (key) => all.get(key),
    tree: (id) => (id === undefined ? all : (kept.get(id) ?? nothing)),
    readMicros: () => micros,
  }
}

/** Microseconds since 1970 as the protocol writes them. */
export function timestampOf(micros: number): Timestamp {
  const seconds = Math.floor(micros / 1_000_000)
  return { seconds, nanos: (micros - seconds * 1_000_000) * 1000 }
}

/** The other way; sub-microsecond digits are cut. */
export const microsOf = (time: Timestamp): number => time.seconds * 1_000_000 + Math.floor(time.nanos / 1000)
