import { z } from 'zod'
import { LockstepError } from '../../../kernel/errors.ts'
import type { FieldIndex, IndexedBy, IndexReader, IndexState, StoredIndex } from '../../../stores/indexes.ts'
import type { ServerChange } from '../../index-operation.ts'
import type { PreImage } from '../../operation.ts'
import { keyOfFieldIndex, keyOfIndex, sameIndexes, takenBack, targetOf } from './index-entries.ts'
import { withoutImplied } from './index-spec.ts'
import type { Wanted } from './index-spec.ts'

/** The state of what is wanted on the server; `missing` where any of it is not there. */
export type ServerState = IndexState | 'missing'

type WantedIndex = Wanted & { readonly kind: 'composite' }
type WantedField = Wanted & { readonly kind: 'field' }

export interface OnServer {
  readonly state: ServerState
  /** What the server calls it; undefined for an index that is not there. */
  readonly name: string | undefined
}

/** Asks a store with an admin API how far what is wanted is. */
export async function readServer(indexes: IndexReader, wanted: Wanted): Promise<OnServer> {
  if (wanted.kind === 'composite') {
    const found = await findIndex(indexes, wanted)
    return { state: found?.state ?? 'missing', name: found?.name }
  }
  const { name, indexes: now } = await indexes.field(wanted.group, wanted.path)
  const keys = new Set(wanted.indexes.map(keyOfFieldIndex))
  const states = now.filter((index) => keys.has(keyOfFieldIndex(index))).map(({ state }) => state)
  return { state: sameIndexes(targetOf(wanted, now), now) ? worst(states) : 'missing', name }
}

async function findIndex(indexes: IndexReader, { index }: WantedIndex): Promise<StoredIndex | undefined> {
  const all = await indexes.list(index.group)
  return all.find((each) => keyOfIndex(withoutImplied(each)) === keyOfIndex(index))
}

function worst(states: readonly IndexState[]): IndexState {
  return (['NEEDS_REPAIR', 'CREATING'] as const).find((state) => states.includes(state)) ?? 'READY'
}

/** What `changeServer` takes to bring about what is missing. */
export async function creation(indexes: IndexReader, wanted: Wanted): Promise<ServerChange> {
  if (wanted.kind === 'composite') {
    const image = { name: keyOfIndex(wanted.index), before: null, after: null }
    return { image, work: (writer) => writer.createIndex(wanted.index) }
  }
  const { group, path } = wanted
  const { name, automatic, indexes: now } = await indexes.field(group, path)
  const after = targetOf(wanted, definitions(now))
  const image = { name, before: { automatic, indexes: definitions(now) }, after: { indexes: definitions(after) } }
  return {
    image,
    work: (writer) => writer.setField(group, path, after).then(() => true),
  }
}

/** What taking back comes to: a change to make, or what stays and why. */
export interface Withdrawal {
  readonly change: ServerChange['work'] | undefined
  readonly kept: string | undefined
}

/** Finds how to take back what one pre-image tells of; others' changes since stay. */
export async function withdrawal(indexes: IndexReader, wanted: Wanted, image: PreImage): Promise<Withdrawal> {
  if (wanted.kind === 'composite') {
    const found = await findIndex(indexes, wanted)
    const { name } = found ?? {}
    if (name === undefined) return { change: undefined, kept: undefined }
    return { change: (writer) => writer.deleteIndex(name), kept: undefined }
  }
  return fieldWithdrawal(indexes, wanted, image)
}

async function fieldWithdrawal(indexes: IndexReader, wanted: WantedField, image: PreImage): Promise<Withdrawal> {
  const { group, path } = wanted
  const { automatic, indexes: now } = await indexes.field(group, path)
  const before = fieldImage.parse(image.before)
  const target = takenBack({ before: before.indexes, after: fieldImage.parse(image.after).indexes }, definitions(now))
  const restored = sameIndexes(target, before.indexes)
  const kept = restored ? undefined : `others changed the indexes of ${group}.${path}: theirs stay`
  const reset = restored && before.automatic === true
  if (sameIndexes(target, now) && (automatic || !reset)) return { change: undefined, kept }
  return { change: (writer) => writer.setField(group, path, reset ? undefined : target).then(() => true), kept }
}

const fieldImage = z.object({
  automatic: z.boolean().optional(),
  indexes: z.array(
    z.object({
      scope: z.enum(['COLLECTION', 'COLLECTION_GROUP', 'COLLECTION_RECURSIVE']),
      by: z.custom<IndexedBy>((value) => typeof value === 'string'),
    }),
  ),
})

/** Without the state, which is none of the definition. */
function definitions(indexes: readonly FieldIndex[]) {
  return indexes.map(({ scope, by }) => ({ scope, by }))
}

/** LS-2402, which no waiting mends. */
export function needsRepair(wanted: Wanted): LockstepError {
  const group = wanted.kind === 'composite' ? wanted.index.group : `${wanted.group}.${wanted.path}`
  return new LockstepError('LS-2402', `the index of ${group} could not be built: its state is NEEDS_REPAIR`, {
    where: { name: group },
    why: 'Firestore gives up where documents break a limit, such as 40,000 index entries a document or 7.5 KiB an entry',
    hint: 'see the failed operation (gcloud firestore operations list), mend the documents, delete the index, then run up again',
  })
}
