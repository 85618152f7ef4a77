import { afterSubtree, separator } from './names.ts'
import type { StoredDocument, Tree, View } from './store.ts'

/** Where documents are looked for. */
export interface Scope {
  /** Sort key of the document above, '' for the root. */
  readonly parent: string
  /** undefined is every collection. */
  readonly collectionId: string | undefined
  /** At any depth below the parent, else only directly below it. */
  readonly descendants: boolean
}

/** A stretch of sort keys, both ends open where undefined. */
export interface KeyRange {
  readonly from?: { readonly key: string; readonly inclusive: boolean } | undefined
  readonly to?: { readonly key: string; readonly inclusive: boolean } | undefined
}

/**
 * The documents of a scope inside a range of keys, ascending, as of the first step; later writes are not seen. Costs
 * what the range holds, not what the collection holds.
 */
export function* scanDocuments(view: View, scope: Scope, range: KeyRange = {}): Generator<StoredDocument> {
  const tree = view.tree(scope.collectionId).clone()
  const start = startOf(scope)
  const depth = scope.descendants ? undefined : start.length
  let low = start
  if (range.from && range.from.key >= low) low = range.from.inclusive ? range.from.key : after(range.from.key)
  for (;;) {
    const skip = yield* walk(tree, { low, start, range, depth, kindless: scope.collectionId === undefined })
    if (skip === undefined) return
    low = skip
  }
}

interface Walk {
  readonly low: string
  readonly start: string
  readonly range: KeyRange
  /** Length of what comes before the document's own id (or before its collection's, when kindless). */
  readonly depth: number | undefined
  readonly kindless: boolean
}

/** Yields until the range ends (undefined) or a nested document is met (the key to go on from, past its subtree). */
function* walk(
  tree: Tree,
  { low, start, range, depth, kindless }: Walk,
): Generator<StoredDocument, string | undefined> {
  const pair: [string, StoredDocument] | undefined = undefined
  for (const [key, document] of tree.entries(low, pair)) {
    if (!key.startsWith(start) || isPast(key, range)) return undefined
    if (depth !== undefined) {
      const child = childEnd(key, depth, kindless)
      if (child !== -1) return key.slice(0, child) + afterSubtree
    }
    yield document
  }
  return undefined
}

/** Where the id of the direct child ends in the key of something nested in it; -1 for the direct child itself. */
function childEnd(key: string, depth: number, kindless: boolean): number {
  const id = kindless ? key.indexOf(separator, depth) + 1 : depth
  return key.indexOf(separator, id)
}

function isPast(key: string, { to }: KeyRange): boolean {
  return to !== undefined && (to.inclusive ? key > to.key : key >= to.key)
}

/** Whether a document would be met by a scan. */
export function isInScope(scope: Scope, range: KeyRange, { key, collectionId }: StoredDocument): boolean {
  if (scope.collectionId !== undefined && scope.collectionId !== collectionId) return false
  const start = startOf(scope)
  if (!key.startsWith(start) || isPast(key, range)) return false
  if (range.from && (range.from.inclusive ? key < range.from.key : key <= range.from.key)) return false
  return scope.descendants || childEnd(key, start.length, scope.collectionId === undefined) === -1
}

/** What the key of everything in the scope starts with. */
function startOf({ parent, collectionId, descendants }: Scope): string {
  const prefix = parent === '' ? '' : parent + separator
  return collectionId !== undefined && !descendants ? prefix + collectionId + separator : prefix
}

/** The least key greater than this one. */
const after = (key: string): string => key + separator

/** The ids of the collections directly below a document, in order; costs one look-up each. */
export function* collectionIds(
  view: View,
  parent: string,
): Generator<{ readonly key: string; readonly sample: StoredDocument }> {
  const tree = view.tree()
  const prefix = parent === '' ? '' : parent + separator
  let low = prefix
  for (;;) {
    const [key, sample] = tree.getPairOrNextHigher(low) ?? []
    if (key === undefined || !sample || !key.startsWith(prefix)) return
    const id = key.slice(prefix.length, key.indexOf(separator, prefix.length))
    yield { key: id, sample }
    low = prefix + id + afterSubtree
  }
}

/** A direct child of a collection: a document, or the id of one that is missing and has something below it. */
export interface Child {
  readonly key: string
  readonly document: StoredDocument | undefined
  /** A document at or below the child. */
  readonly sample: StoredDocument
}

/** The children of a collection after a key, the missing among them; costs one look-up each. */
export function* children(view: View, collection: string, afterKey: string | undefined): Generator<Child> {
  const tree = view.tree()
  const prefix = collection + separator
  let low = afterKey === undefined ? prefix : afterKey + afterSubtree
  for (;;) {
    const [key, sample] = tree.getPairOrNextHigher(low) ?? []
    if (key === undefined || !sample || !key.startsWith(prefix)) return
    const end = key.indexOf(separator, prefix.length)
    const child = end === -1 ? key : key.slice(0, end)
    yield { key: child, document: end === -1 ? sample : undefined, sample }
    low = child + afterSubtree
  }
}
