import { LockstepError } from '../kernel/errors.ts'
import type { Json } from '../kernel/canonical-json.ts'
import type { Document, DocumentReader, FieldChange, FieldPath, NameRange } from '../stores/documents.ts'
import { matching } from './collection-pattern.ts'
import { documentSize } from './document-limits.ts'
import type { CollectionPattern } from './collection-pattern.ts'
import type { DocumentHands } from './document-hands.ts'
import type { Checkpoint, ShardPlan, Work, WorkPhase } from './operation.ts'

/** Documents a page: one BatchWrite takes 500 writes. */
const pageSize = 500

/** Bytes of fields read a page, so that pages of large documents do not fill the memory. */
const pageBytes = 4 * 1024 * 1024

/** Documents below which another shard is not worth its scan: a shard writes several pages at once. */
const smallestShard = 20_000

/** Pages of a shard on their way at once: one is read, one kept in the ledger, the others are being written. */
const pagesInFlight = 8

/** Shards at most, so that a plan stays readable and a ledger small. */
const mostShards = 64

export interface Rewriting {
  readonly pattern: CollectionPattern
  /** What `change` looks at; undefined reads whole documents. */
  readonly fields: readonly FieldPath[] | undefined
  readonly change: (document: Document) => readonly FieldChange[] | Promise<readonly FieldChange[]>
}

/**
 * Walks a shard's documents in name order and rewrites them from the work's cursor on, several pages at once. Their
 * checkpoints come in order, so that none is ahead of a page that is not settled.
 */
export async function* rewriteDocuments(
  work: Work<unknown>,
  hands: DocumentHands,
  { pattern, fields, change }: Rewriting,
): AsyncGenerator<Checkpoint> {
  const range = parseRange(work.scope)
  const from = typeof work.cursor === 'string' ? { ...range, after: work.cursor } : range
  const found = hands.documents.scan(pattern.scope, from, { ...projected(fields), signal: work.signal })
  const rewrite = async (page: readonly Document[]): Promise<Checkpoint> => {
    const ours = page.filter((document) => pattern.match(document.name) !== undefined)
    const result = await hands.rewrite({ page: ours, fields, change })
    const cursor = page.at(-1)?.name ?? null
    return { ...result, cursor, skipped: result.skipped + page.length - ours.length }
  }
  yield* pagesInOrder(found, rewrite)
}

/** The checkpoints of pages of found documents, in their order; some pages are worked on at once. */
export function pagesInOrder(
  found: AsyncIterable<Document>,
  work: (page: readonly Document[]) => Promise<Checkpoint>,
): AsyncGenerator<Checkpoint> {
  return inOrder(pagesOf(found), work)
}

/** The results in the order of the items, some of which are worked on at once. Ends only when all have ended. */
async function* inOrder<Item, Result>(
  items: AsyncIterable<Item>,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const flying: Promise<Result>[] = []
  try {
    for await (const item of items) {
      const started = work(item)
      // It is thrown when its turn comes; until then nobody waits for it.
      void started.catch(() => undefined)
      flying.push(started)
      if (flying.length < pagesInFlight) continue
      const [oldest] = flying
      if (oldest !== undefined) yield await oldest
      void flying.shift()
    }
    for (const each of flying) yield await each
  } finally {
    // What is on its way may still write: the shard is not left before.
    await Promise.allSettled(flying)
  }
}

/** Key ranges that cover the pattern, sized so that a shard is a few thousand documents. */
export async function documentShards(
  documents: DocumentReader,
  pattern: Pick<CollectionPattern, 'scope'>,
  phase: WorkPhase,
  expected: number,
): Promise<readonly ShardPlan[]> {
  const count = Math.min(mostShards, Math.max(1, Math.ceil(expected / smallestShard)))
  const ranges = count === 1 ? [{}] : await documents.partition(pattern.scope, count)
  return ranges.map((range) => ({
    phase,
    stage: 0,
    scope: { ...range },
    estimate: Math.ceil(expected / ranges.length),
  }))
}

/** Throws LS-2102 when no document matches; reads until the first that does. */
export async function requireMatch(documents: DocumentReader, pattern: CollectionPattern): Promise<void> {
  for await (const _ of matching(pattern, documents.scan(pattern.scope, {}, { fields: [] }))) return
  throw new LockstepError('LS-2102', `pattern "${pattern.text}" matches no document`, {
    where: { name: pattern.text },
    hint: 'check the spelling and the depth: collection ids are case-sensitive and a pattern matches exactly its depth',
  })
}

/** Up to `size` matching documents, the first by name. */
export async function sampleDocuments(
  documents: DocumentReader,
  pattern: CollectionPattern,
  fields: readonly FieldPath[] | undefined,
  size = 200,
): Promise<readonly Document[]> {
  const sample: Document[] = []
  for await (const document of matching(pattern, documents.scan(pattern.scope, {}, projected(fields)))) {
    sample.push(document)
    if (sample.length >= size) break
  }
  return sample
}

/** Pages of 500 documents, of fewer where they are large. The last may have any number above none. */
export async function* pagesOf(found: AsyncIterable<Document>): AsyncGenerator<readonly Document[]> {
  let page: Document[] = []
  let bytes = 0
  for await (const document of found) {
    page.push(document)
    bytes += documentSize(document.name, document.fields)
    if (page.length < pageSize && bytes < pageBytes) continue
    yield page
    page = []
    bytes = 0
  }
  if (page.length > 0) yield page
}

function projected(fields: readonly FieldPath[] | undefined): { readonly fields?: readonly FieldPath[] } {
  return fields === undefined ? {} : { fields }
}

/** The range of names of a shard's scope. */
export function parseRange(scope: Json): NameRange {
  const range = typeof scope === 'object' && scope !== null ? scope : {}
  const after = 'after' in range && typeof range.after === 'string' ? { after: range.after } : {}
  const before = 'before' in range && typeof range.before === 'string' ? { before: range.before } : {}
  return { ...after, ...before }
}
