import { packPreImages } from '../archive/pre-images.ts'
import { backoffDelay, retry } from '../kernel/backoff.ts'
import type { Clock } from '../kernel/clock.ts'
import { LockstepError } from '../kernel/errors.ts'
import { settlePreImages, storePreImages, unsettledPages } from '../archive/pre-image-store.ts'
import { saveCheckpoint } from '../ledger/shards.ts'
import type { ClaimedShard } from '../ledger/shards.ts'
import type { Checkpoint, DocumentHands, KeptPage, RewriteOptions } from '../operations/operation.ts'
import { compareNames } from '../stores/document-names.ts'
import type { Document, DocumentWrite, DocumentWriter, FieldChange, WriteResult } from '../stores/documents.ts'
import type { TableWriter } from '../stores/tables.ts'
import { imageOf, parseImage, pathsOf, showsAfter } from './document-images.ts'
import type { DocumentImage } from './document-images.ts'
import { isPassing } from './passing-errors.ts'

export interface DocumentHandsOptions {
  readonly documents: DocumentWriter
  readonly tables: TableWriter
  readonly shard: ClaimedShard
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Resolves when so many writes may be sent. */
  readonly pace: (writes: number) => Promise<void>
  /** False on the way back, where the ledger knows already what was before. */
  readonly keep: boolean
}

export interface SavingDocumentHands extends DocumentHands {
  /** Saves the checkpoint together with the fate of every pre-image stored for it. */
  save(checkpoint: Checkpoint): Promise<void>
}

/** A write on its way: `at` is where its pre-image is, `doubt` says that an earlier try may have landed. */
interface Item {
  readonly document: Document
  readonly changes: readonly FieldChange[]
  at?: { readonly seq: string; readonly index: number }
  doubt: boolean
}

const stubborn = { first: 50, longest: 5_000, repeats: 8 }
/** Rounds of re-reading a document that others keep changing. Each is a fresh chance; 2,000 documents under 500 writes a second were measured to settle in 4. */
const mostRounds = 25

/** Pre-images before writes, an update-time precondition on each, and whatever did not land is read again. */
export async function createDocumentHands(options: DocumentHandsOptions): Promise<SavingDocumentHands> {
  const { documents, tables, shard } = options
  const left = options.keep ? await judgeLeftPages(options) : { landed: new Map<string, DocumentImage>(), pages: [] }
  return {
    documents,
    rewrite: (request) => rewrite(options, request, left),
    save: (checkpoint) =>
      patiently(options, () =>
        tables.transaction(async (q) => {
          await saveCheckpoint(q, shard, checkpoint)
          await settlePreImages(q, checkpoint.kept ?? [])
        }),
      ),
  }
}

/** Retries what passes by itself: a lost connection, an overloaded server. */
function patiently<T>(
  { clock, signal }: Pick<DocumentHandsOptions, 'clock' | 'signal'>,
  work: () => Promise<T>,
): Promise<T> {
  return retry({ ...stubborn, clock, signal, worthwhile: isPassing }, work)
}

/** What an earlier attempt at the shard left on its way. */
interface LeftBehind {
  /** The images of documents that show what we meant to write. */
  readonly landed: Map<string, DocumentImage>
  /** Unsettled until a checkpoint is past the last name in them: up to there `landed` must be known again. */
  readonly pages: (KeptPage & { readonly last: string })[]
}

/**
 * The pages that were on their way when the shard was left, judged document by document: the version of the pre-image
 * still there, so not written; what we meant to write is there, so written; anything else is someone's newer write.
 */
async function judgeLeftPages(options: DocumentHandsOptions): Promise<LeftBehind> {
  const landed = new Map<string, DocumentImage>()
  const pages: LeftBehind['pages'] = []
  for (const page of await unsettledPages(options.tables, options.shard.id)) {
    const images = page.images.map(parseImage)
    const found = await patiently(options, () =>
      options.documents.get(
        images.map((image) => image.name),
        pathsOf(images),
      ),
    )
    const unapplied: number[] = []
    for (const [index, image] of images.entries()) {
      const document = found[index]
      if (document !== undefined && document.updateTime !== image.version && showsAfter(document, image.after))
        landed.set(image.name, image)
      else unapplied.push(index)
    }
    const last = images.reduce((latest, { name }) => (compareNames(name, latest) > 0 ? name : latest), '')
    pages.push({ seq: page.seq, unapplied, last })
  }
  return { landed, pages }
}

/** Takes out the pages that end within or before this one. */
function passed({ pages }: LeftBehind, page: readonly Document[]): readonly KeptPage[] {
  const end = page.at(-1)?.name ?? ''
  const behind = pages.filter(({ last }) => compareNames(last, end) <= 0)
  pages.splice(0, pages.length, ...pages.filter(({ last }) => compareNames(last, end) > 0))
  return behind.map(({ seq, unapplied }) => ({ seq, unapplied }))
}

async function rewrite(options: DocumentHandsOptions, request: RewriteOptions, left: LeftBehind): Promise<Checkpoint> {
  const behind = passed(left, request.page)
  const fates = new Map<string, number[]>()
  const tally = { changed: 0, skipped: 0, conflicts: 0 }
  const fresh = request.page.filter((document) => !isLanded(document, left.landed.get(document.name)))
  tally.skipped += request.page.length - fresh.length
  let items = await compute(request, fresh, tally)
  for (let round = 0; items.length > 0; round++) {
    if (round >= mostRounds) throw tooHot(items)
    if (round > 0)
      await options.clock.sleep(backoffDelay({ first: 10, longest: 1_000, repeats: mostRounds }, round), options.signal)
    options.signal.throwIfAborted()
    if (options.keep) await keepImages(options, items, fates)
    await options.pace(items.length)
    options.signal.throwIfAborted()
    const results = await send(options, items)
    items = await settle(options, { request, items, results, fates, tally })
  }
  return { cursor: null, ...tally, kept: [...behind, ...[...fates].map(([seq, unapplied]) => ({ seq, unapplied }))] }
}

function isLanded(document: Document, image: DocumentImage | undefined): boolean {
  return image !== undefined && showsAfter(document, image.after)
}

interface Tally {
  changed: number
  skipped: number
  conflicts: number
}

async function compute(request: RewriteOptions, page: readonly Document[], tally: Tally): Promise<Item[]> {
  const items: Item[] = []
  for (const document of page) {
    const changes = await request.change(document)
    if (changes.length === 0) tally.skipped++
    else items.push({ document, changes, doubt: false })
  }
  return items
}

async function keepImages(
  options: DocumentHandsOptions,
  items: readonly Item[],
  fates: Map<string, number[]>,
): Promise<void> {
  const unkept = items.filter((item) => item.at === undefined)
  if (unkept.length === 0) return
  const images = unkept.map(({ document, changes }) => imageOf(document, changes))
  const packed = await packPreImages(images)
  const seq = await patiently(options, () =>
    options.tables.transaction((q) => storePreImages(q, options.shard, packed, false)),
  )
  if (seq === undefined)
    throw new LockstepError('LS-4003', `shard ${options.shard.id} was taken over by another runner`)
  for (const [index, item] of unkept.entries()) item.at = { seq, index }
  fates.set(seq, [])
}

/** Undefined where the fate of the write is unknown because the connection broke. */
async function send(
  options: DocumentHandsOptions,
  items: readonly Item[],
): Promise<readonly (WriteResult | undefined)[]> {
  const writes = items.map(({ document, changes }): DocumentWrite => ({
    op: 'patch',
    name: document.name,
    changes,
    expect: { updateTime: document.updateTime },
  }))
  try {
    return await options.documents.write(writes)
  } catch (error) {
    if (!isPassing(error)) throw error
    return items.map(() => undefined)
  }
}

interface Settling {
  readonly request: RewriteOptions
  readonly items: readonly Item[]
  readonly results: readonly (WriteResult | undefined)[]
  readonly fates: Map<string, number[]>
  readonly tally: Tally
}

/** Books what landed and returns what has to be sent again. */
async function settle(options: DocumentHandsOptions, settling: Settling): Promise<Item[]> {
  const { items, results, tally, request } = settling
  const again: Item[] = []
  const reread: Item[] = []
  for (const [index, item] of items.entries()) {
    const result = results[index]
    if (result?.ok === true) tally.changed++
    else if (result === undefined) reread.push(Object.assign(item, { doubt: true }))
    else if (result.kind === 'conflict') reread.push(item)
    else if (result.kind === 'refused') throw refused(item, result)
    else again.push(item)
  }
  if (reread.length === 0) return again
  const names = reread.map((item) => item.document.name)
  const found = await patiently(options, () => options.documents.get(names, request.fields))
  for (const [index, item] of reread.entries()) again.push(...(await judge(settling, item, found[index])))
  return again
}

/** What is to be sent for a document that was read again: nothing when our write is there, or needs none any more. */
async function judge({ request, fates, tally }: Settling, item: Item, document: Document | undefined): Promise<Item[]> {
  if (item.doubt && document?.updateTime === item.document.updateTime) return [item]
  const after = item.changes.map(({ path, value }) => [path, value ?? null] as const)
  if (item.doubt && document !== undefined && showsAfter(document, after)) {
    tally.changed++
    return []
  }
  tally.conflicts++
  if (item.at !== undefined) fates.get(item.at.seq)?.push(item.at.index)
  if (document !== undefined) return compute(request, [document], tally)
  tally.skipped++
  return []
}

function refused(item: Item, result: { readonly status: string; readonly message: string }): LockstepError {
  return new LockstepError('LS-3004', `Firestore refused the write to ${item.document.name}: ${result.status}`, {
    where: { name: item.document.name },
    why: result.message,
    hint: 'mend that document or the migration, then run up again: everything else is kept',
  })
}

function tooHot(items: readonly Item[]): LockstepError {
  const name = items[0]?.document.name ?? ''
  return new LockstepError('LS-4004', `${items.length} documents changed faster than they could be rewritten`, {
    where: { name },
    hint: 'run up again when the app writes less to them; nothing is lost',
  })
}
