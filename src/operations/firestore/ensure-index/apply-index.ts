import type { IndexHands } from '../../index-operation.ts'
import type { Checkpoint, Work } from '../../operation.ts'
import { withWanted } from './index-file-text.ts'
import { wantedOf } from './index-spec.ts'
import type { EnsureIndexSpec, Wanted } from './index-spec.ts'
import { creates } from './plan-index.ts'
import { printWanted } from './print-wanted.ts'
import { creation, needsRepair, readServer } from './server-index.ts'

/** Expand writes the file and begins to build; backfill waits until it is built. */
export function applyIndex(work: Work<EnsureIndexSpec>, hands: IndexHands): AsyncGenerator<Checkpoint> {
  return work.phase === 'backfill' ? awaitReady(work, hands) : expand(work, hands)
}

async function* expand({ spec }: Work<EnsureIndexSpec>, hands: IndexHands): AsyncGenerator<Checkpoint> {
  const wanted = wantedOf(spec)
  const { indexes } = hands
  const existed = (await indexes.readFile()) !== undefined
  const written = await hands.changeFile((text) => withWanted(text, indexes.file, wanted))
  if (written && !existed) hands.warn(`${indexes.file} did not exist and was created`)
  const created = creates(spec, indexes) && (await create(hands, wanted))
  const changed = Number(written) + Number(created)
  yield { cursor: null, changed, skipped: changed === 0 ? 1 : 0, conflicts: 0 }
}

/** True where the build was begun by us; an index that is there, or being built, is left to itself. */
async function create(hands: IndexHands, wanted: Wanted): Promise<boolean> {
  const { indexes } = hands
  if (!(await indexes.managed())) {
    hands.warn(`${printWanted(wanted)} was not created: this store has no admin API; ${indexes.file} has it`)
    return false
  }
  const { state } = await readServer(indexes, wanted)
  if (state === 'NEEDS_REPAIR') throw needsRepair(wanted)
  return state === 'missing' && hands.changeServer(await creation(indexes, wanted))
}

/** Between two looks at an index that is being built; below the lease of a shard, which each look renews. */
const pauses = { first: 1_000, longest: 10_000 }

/** Documents that the server has indexed count as looked at: progress for those who watch. */
async function* awaitReady(work: Work<EnsureIndexSpec>, hands: IndexHands): AsyncGenerator<Checkpoint> {
  const wanted = wantedOf(work.spec)
  let done = typeof work.cursor === 'number' ? work.cursor : 0
  if (!(await hands.indexes.managed())) return
  for (let pause = pauses.first; ; pause = Math.min(pause * 1.5, pauses.longest)) {
    const { state, name } = await readServer(hands.indexes, wanted)
    if (state === 'NEEDS_REPAIR') throw needsRepair(wanted)
    if (state === 'missing') {
      // Verification says so too, and sends back to expand where it is ours to create.
      hands.warn(`${printWanted(wanted)} is not on the server: deploy ${hands.indexes.file}`)
      return
    }
    if (state === 'READY') return
    const progress = name === undefined ? undefined : await hands.indexes.progress(name)
    const now = Math.max(done, progress?.done ?? 0)
    yield { cursor: now, changed: 0, skipped: now - done, conflicts: 0 }
    done = now
    await hands.pause(pause)
  }
}
