import { z } from 'zod'
import { packPreImages } from '../archive/pre-images.ts'
import { preImagePages, settlePreImages, storePreImages } from '../archive/pre-image-store.ts'
import type { Clock } from '../kernel/clock.ts'
import { LockstepError } from '../kernel/errors.ts'
import type { RunEvent } from '../ledger/events.ts'
import { saveCheckpoint } from '../ledger/shards.ts'
import type { ClaimedShard } from '../ledger/shards.ts'
import type { IndexHands, ServerChange } from '../operations/index-operation.ts'
import type { Checkpoint, PreImage } from '../operations/operation.ts'
import type { IndexWriter } from '../stores/indexes.ts'
import type { TableWriter } from '../stores/tables.ts'
import { isPassing } from './passing-errors.ts'

export interface IndexHandsOptions {
  readonly indexes: IndexWriter
  readonly tables: TableWriter
  readonly shard: ClaimedShard
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly emit: (event: RunEvent) => void
}

export interface SavingIndexHands extends IndexHands {
  save(checkpoint: Checkpoint): Promise<void>
}

/** The pre-image before the change, and the change only while the shard is ours. */
export function createIndexHands(options: IndexHandsOptions): SavingIndexHands {
  const { indexes, tables, shard, clock, signal, emit } = options
  return {
    indexes,
    changeFile: (edit) => changeFile(options, edit),
    changeServer: (change) => changeServer(options, change),
    neededBy: (index) => neededBy(options, index),
    warn: (message) => emit({ type: 'warning', message }),
    preImages: () => imagesOf(options),
    pause: (milliseconds) => clock.sleep(milliseconds, signal),
    save: (checkpoint) => tables.transaction((q) => saveCheckpoint(q, shard, checkpoint)),
  }
}

/** Rounds of reading a file that others keep writing. */
const mostRounds = 10

async function changeFile(options: IndexHandsOptions, edit: Parameters<IndexHands['changeFile']>[0]): Promise<boolean> {
  const { indexes, signal } = options
  for (let round = 0; round < mostRounds; round++) {
    signal.throwIfAborted()
    const was = await indexes.readFile()
    const text = edit(was)
    if (text === was) return false
    const image = { name: indexes.file, before: { text: was ?? null }, after: { text: text ?? null } }
    const kept = await keep(options, image)
    const written = await exclusively(options, () => indexes.writeFile(text, was))
    await kept.settle(written)
    if (written) return true
  }
  throw new LockstepError('LS-2401', `${indexes.file} changed faster than it could be written`, {
    where: { name: indexes.file },
    hint: 'run up again when nothing else writes it',
  })
}

async function changeServer(options: IndexHandsOptions, { image, work }: ServerChange): Promise<boolean> {
  options.signal.throwIfAborted()
  const kept = await keep(options, image)
  try {
    const done = await work(options.indexes)
    await kept.settle(done)
    return done
  } catch (error) {
    // Nobody knows whether a call that broke was carried out; one that was refused was not.
    if (!isPassing(error)) await kept.settle(false)
    throw error
  }
}

interface KeptImage {
  /** Says whether the change that it was stored for was made. */
  settle(landed: boolean): Promise<void>
}

/** On the way back nothing is kept: the ledger knows already what was before. */
async function keep({ tables, shard }: IndexHandsOptions, image: PreImage): Promise<KeptImage> {
  if (shard.phase === 'revert') return { settle: () => Promise.resolve() }
  const packed = packPreImages([image])
  const seq = await tables.transaction((q) => storePreImages(q, shard, packed, false))
  if (seq === undefined) throw new LockstepError('LS-4003', `shard ${shard.id} was taken over by another runner`)
  return {
    settle: (landed) => tables.transaction((q) => settlePreImages(q, [{ seq, unapplied: landed ? [] : [0] }])),
  }
}

/** Serialises writers of the file: the steps of a migration work at once. */
const fileLock = 4_715_297

/** While the shard is ours, and no other runner writes the file. */
function exclusively({ tables, shard }: IndexHandsOptions, work: () => Promise<boolean>): Promise<boolean> {
  return tables.transaction(
    async (q) => {
      await q.query('select pg_advisory_xact_lock($1)', [fileLock])
      await saveCheckpoint(q, shard, undefined)
      return work()
    },
    { lockTimeout: 60_000 },
  )
}

async function neededBy({ tables, shard }: IndexHandsOptions, index: string): Promise<string | undefined> {
  const [found] = await tables.read((q) =>
    q.query<{ migration: string }>(
      `select r.migration from lockstep.steps s join lockstep.runs r on r.id = s.run
       where s.memo ->> 'index' = $1 and r.id <> $2 and r.state <> 'rolled back' order by r.migration limit 1`,
      [index, shard.run],
    ),
  )
  return found?.migration
}

const revertScope = z.object({ shard: z.string() })

async function* imagesOf({ tables, shard }: IndexHandsOptions): AsyncGenerator<PreImage> {
  const of = { run: shard.run, step: shard.step, shard: revertScope.parse(shard.scope).shard }
  for await (const page of preImagePages(tables, of)) {
    yield* page.images.filter((_, index) => !page.unapplied.includes(index)).toReversed()
  }
}
