import type { DocumentReader } from '../../../stores/documents.ts'
import type { FullLook } from '../../index-operation.ts'
import type { Effect, PlanWarning, ShardPlan, StepPlan, WorkPhase } from '../../operation.ts'
import { keyOfWanted } from './index-entries.ts'
import { hasWanted } from './index-file-text.ts'
import { wantedOf } from './index-spec.ts'
import type { EnsureIndexSpec, Wanted } from './index-spec.ts'
import { printWanted } from './print-wanted.ts'
import { needsRepair, readServer } from './server-index.ts'
import type { ServerState } from './server-index.ts'

/** What is so now: in the file, and on a server that can be asked. */
interface Found {
  readonly wanted: Wanted
  readonly listed: boolean
  readonly fileExists: boolean
  readonly create: boolean
  /** Undefined on a store without an admin API. */
  readonly state: ServerState | undefined
  /** Documents in all collections with the id. */
  readonly documents: number
}

/** Waiting comes after all other work of its phase: it takes a worker, and gets shorter by itself. */
const waitingStage = 900

export async function planIndex(spec: EnsureIndexSpec, look: FullLook): Promise<StepPlan> {
  const found = await find(spec, look)
  if (found.state === 'NEEDS_REPAIR') throw needsRepair(found.wanted)
  return {
    summary: `index ${printWanted(found.wanted)}`,
    effects: await effectsOf(spec, found, look),
    shards: [shard('expand', 1), ...(found.state === undefined ? [] : [shard('backfill', found.documents)])],
    warnings: warningsOf(spec, found, look),
    basis: { index: keyOfWanted(found.wanted), create: found.create, admin: found.state !== undefined },
    memo: { index: keyOfWanted(found.wanted) },
  }
}

function shard(phase: WorkPhase, estimate: number): ShardPlan {
  return { phase, stage: phase === 'backfill' ? waitingStage : 0, scope: {}, estimate }
}

/** What is still to do: the file or the index, in expand; waiting, in backfill. What failed is for verification to tell. */
export async function remainingIndex(
  spec: EnsureIndexSpec,
  phase: WorkPhase,
  { indexes }: FullLook,
): Promise<readonly ShardPlan[]> {
  const wanted = wantedOf(spec)
  const state = (await indexes.managed()) ? (await readServer(indexes, wanted)).state : undefined
  if (phase === 'backfill') return state === 'CREATING' ? [shard(phase, 1)] : []
  const listed = hasWanted(await indexes.readFile(), indexes.file, wanted)
  return listed && !(creates(spec, indexes) && state === 'missing') ? [] : [shard(phase, 1)]
}

/** Whether the step is to create its index: as it says, else as the environment says. */
export function creates({ options }: EnsureIndexSpec, { create }: FullLook['indexes']): boolean {
  return options.create ?? create
}

async function find(spec: EnsureIndexSpec, { indexes, documents }: FullLook): Promise<Found> {
  const wanted = wantedOf(spec)
  const text = await indexes.readFile()
  const listed = hasWanted(text, indexes.file, wanted)
  const state = (await indexes.managed()) ? (await readServer(indexes, wanted)).state : undefined
  const count = await documents.count(scopeOf(spec))
  return { wanted, listed, fileExists: text !== undefined, create: creates(spec, indexes), state, documents: count }
}

function scopeOf({ group }: EnsureIndexSpec) {
  return { parent: '', collection: group, descendants: true }
}

const free = { lock: 'none', cost: 0, disk: 0, statements: [] } as const

async function effectsOf(
  spec: EnsureIndexSpec,
  found: Found,
  { indexes, documents }: FullLook,
): Promise<readonly Effect[]> {
  const file: Effect = {
    ...free,
    phase: 'expand',
    what: `${found.listed ? 'is provided for by' : found.fileExists ? 'add to' : 'create'} ${indexes.file}`,
    count: { value: found.listed ? 0 : 1, source: 'counted' },
    unit: 'indexes',
    seconds: [0, 1],
    secondsSource: 'guess',
    undo: found.listed ? 'nothing to undo' : 'take the entry out, if it is still as written',
  }
  if (found.state === undefined) return [file]
  const building = found.state === 'CREATING' || (found.state === 'missing' && found.create)
  if (!building) return [file]
  const begins = found.state === 'missing'
  const build: Effect = {
    ...free,
    phase: 'backfill',
    what: begins ? 'create the index through the admin API, wait until it is READY' : 'wait for the build under way',
    count: { value: found.documents, source: 'counted' },
    unit: 'documents',
    lock: 'none: Firestore builds beside reads and writes',
    seconds: buildSeconds(found.documents),
    secondsSource: 'guess',
    disk: begins ? found.documents * (await entryBytes(spec, found.wanted, documents)) : 0,
    undo: begins ? 'delete the index, unless the file lists it or another migration needs it' : 'nothing to undo',
  }
  return [file, build]
}

/** Firestore takes minutes at least, and publishes no rate: a guess, and a wide one. */
function buildSeconds(documents: number): readonly [number, number] {
  return [60 + documents / 10_000, 600 + documents / 500]
}

const sampled = 100

/**
 * Bytes of one document's entries by the documented formula for composite ones: its name, its parent's, the values, and
 * 32. Names are sampled; a value counts 16, a vector 8 for each dimension.
 */
async function entryBytes(spec: EnsureIndexSpec, wanted: Wanted, documents: DocumentReader): Promise<number> {
  let names = 0
  let count = 0
  for await (const { name } of documents.scan(scopeOf(spec), {}, { fields: [] })) {
    const parent = name.split('/').slice(0, -2).join('/')
    names += Buffer.byteLength(name) + Buffer.byteLength(parent) + 32
    if (++count === sampled) break
  }
  const entries =
    wanted.kind === 'field'
      ? wanted.indexes.map(() => 16)
      : [wanted.index.fields.reduce((sum, { by }) => sum + (dimensionOf(by) * 8 || 16), 0)]
  return count === 0 ? 0 : entries.reduce((sum, bytes) => sum + Math.round(names / count) + bytes + 32, 0)
}

function dimensionOf(by: string): number {
  return Number(/\d+/.exec(by)?.[0] ?? 0)
}

function warningsOf(spec: EnsureIndexSpec, found: Found, { indexes, documents }: FullLook): readonly PlanWarning[] {
  const { wanted, create, state } = found
  const what = printWanted(wanted)
  const warnings: PlanWarning[] = []
  if (create && state === undefined) {
    const store = documents.target.emulator ?? 'this connection'
    warnings.push({
      code: 'W102',
      message: `${what} is not created here: ${store} has no admin API; ${indexes.file} is all that changes`,
      hint: 'emulators answer such queries without an index; where it counts, run up there',
    })
  }
  if (!create && state === 'missing') {
    warnings.push({
      code: 'W103',
      message: `${what} does not exist, and the migration does not create it: it will not pass verification before it is READY`,
      hint: 'after the expand phase: firebase deploy --only firestore:indexes; or set create: true',
    })
  }
  if (wanted.kind === 'field' && wanted.exact && found.documents > 0 && !found.listed) {
    warnings.push({
      code: 'W104',
      message: `${wanted.group}.${wanted.path} keeps only the indexes that the step names: queries by others fail at once`,
      hint: 'make sure that no released client filters or orders by them; lockstep down brings them back',
    })
  }
  if (found.documents === 0) {
    warnings.push({
      code: 'W105',
      message: `no collection "${spec.group}" has a document`,
      hint: 'check the spelling: collection ids are case-sensitive',
    })
  }
  return warnings
}
