import { packPreImages } from '../archive/pre-images.ts'
import { retry } from '../kernel/backoff.ts'
import type { Clock } from '../kernel/clock.ts'
import { LockstepError } from '../kernel/errors.ts'
import { hasPreImages, settlePreImages, storePreImages } from '../archive/pre-image-store.ts'
import { saveCheckpoint } from '../ledger/shards.ts'
import type { ClaimedShard } from '../ledger/shards.ts'
import type { DocumentHands, RewriteOptions, SettleOptions, Unit } from '../operations/document-hands.ts'
import type { Checkpoint, PreImage } from '../operations/operation.ts'
import type { Document, DocumentWriter } from '../stores/documents.ts'
import type { TableWriter } from '../stores/tables.ts'
import { judgeLeftPages } from './left-pages.ts'
import { isPassing } from './passing-errors.ts'
import { settleUnits } from './settle.ts'
import { readUnitImages } from './unit-images.ts'

export interface DocumentHandsOptions {
  readonly documents: DocumentWriter
  readonly tables: TableWriter
  readonly shard: ClaimedShard
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Resolves when so many writes may be sent. */
  readonly pace: (writes: number) => Promise<void>
  /** Told of documents that stay as others left them. */
  readonly kept: (names: readonly string[], why: string) => void
}

export interface SavingDocumentHands extends DocumentHands {
  /** Saves the checkpoint together with the fate of every pre-image stored for it. */
  save(checkpoint: Checkpoint): Promise<void>
  /** Settles what an earlier attempt left and no checkpoint has passed: the shard is done. */
  finish(): Promise<void>
}

const stubborn = { first: 50, longest: 5_000, repeats: 8 }

/** Pre-images before writes, an update-time precondition on each, and whatever did not land is read again. */
export async function createDocumentHands(options: DocumentHandsOptions): Promise<SavingDocumentHands> {
  const { documents, tables, shard, clock, signal, pace, kept } = options
  const patiently = <T>(work: () => Promise<T>): Promise<T> =>
    retry({ ...stubborn, clock, signal, worthwhile: isPassing }, work)
  const left = await patiently(() => judgeLeftPages({ documents, tables }, shard.id))
  // What this attempt writes is no earlier round's: where there is nothing now, no page has to ask.
  const remembers = await patiently(() => hasPreImages(tables, shard))
  const keep = async (images: readonly PreImage[]): Promise<string> => {
    const packed = packPreImages(images)
    const seq = await patiently(() => tables.transaction((q) => storePreImages(q, shard, packed, false)))
    if (seq !== undefined) return seq
    throw new LockstepError('LS-4003', `shard ${shard.id} was taken over by another runner`)
  }
  const sleep = (ms: number): Promise<void> => clock.sleep(ms, signal)
  const settle = <U extends Unit>(request: SettleOptions<U>): Promise<Checkpoint> =>
    settleUnits({ documents, left, keep, pace, sleep, signal, patiently }, request)
  return {
    documents,
    settle,
    rewrite: (request) => settle(unitsOf(documents, request)),
    images: async (units) =>
      remembers ? patiently(() => readUnitImages(tables, shard, units, left.unapplied)) : new Map(),
    kept,
    save: (checkpoint) =>
      patiently(() =>
        tables.transaction(async (q) => {
          await saveCheckpoint(q, shard, checkpoint)
          await settlePreImages(q, checkpoint.kept ?? [])
        }),
      ),
    async finish() {
      const rest = left.passed(undefined)
      if (rest.length > 0) await patiently(() => tables.transaction((q) => settlePreImages(q, rest)))
    },
  }
}

interface DocumentUnit extends Unit {
  readonly document: Document
}

/** Each document is a unit of its own. */
function unitsOf(documents: DocumentWriter, { page, fields, change }: RewriteOptions): SettleOptions<DocumentUnit> {
  return {
    units: page.map(unitOf),
    async edits({ document }) {
      const changes = await change(document)
      return changes.length === 0 ? [] : [{ op: 'patch', document, changes }]
    },
    async reload(units) {
      const names = units.map(({ key }) => key)
      const found = await documents.get(names, fields)
      return found.filter((document) => document !== undefined).map(unitOf)
    },
  }
}

function unitOf(document: Document): DocumentUnit {
  return { key: document.name, document }
}
