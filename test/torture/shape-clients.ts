import { setTimeout as sleep } from 'node:timers/promises'
import type { DocumentWrite, DocumentWriter } from '../../src/stores/documents.ts'
import type { Random } from './seeded.ts'
import { generatedWrites } from './shape-generated.ts'
import type { Generated } from './shape-generated.ts'
import { partWrites, pictureOf, wholeWrites } from './shape-model.ts'
import type { Kind, Mode, State } from './shape-model.ts'

/** One write of a client, as it is told where something differs. */
export interface Deed {
  readonly at: string
  readonly client: 'old' | 'new' | 'seed'
  /** What the new client had read of the phase. */
  readonly phase: string
  readonly how: 'whole' | 'parts' | 'delete' | 'birth'
  readonly generated: boolean
  readonly state: State | undefined
  readonly answer: string
}

/** A thing that clients write, with what it must be: one of these, when the answer to a write was lost. */
export interface Entity {
  readonly kind: Kind
  readonly id: string
  states: readonly (State | undefined)[]
  busy: boolean
  /** Parts that a new client wrote to the new place since the way there began. */
  newer: ReadonlySet<string>
  readonly deeds: Deed[]
}

export interface World {
  readonly documents: DocumentWriter
  readonly migration: string
  readonly entities: Entity[]
  readonly random: Random
  /** The rules that were generated for new clients; they write by them half of the time, else by the test's own. */
  readonly generated: ReadonlyMap<Kind, Generated>
  /** The configuration promises that new clients write both places: then old ones delete what those wrote, too. */
  readonly promised: boolean
  /** Numbers that nobody else has got. */
  readonly next: () => number
}

export interface Client {
  stop(): Promise<void>
}

/** Writes one entity after the other until it is stopped; an entity is written by one client at a time. */
export function startClient(world: World, client: 'old' | 'new', pause: number): Client {
  let running = true
  const work = async (): Promise<void> => {
    while (running) {
      await writeOne(world, client)
      await sleep(world.random() * 2 * pause)
    }
  }
  const done = work()
  return {
    async stop() {
      running = false
      await done
    },
  }
}

/** Fills the stores in the old shape. */
export async function seedEntities(world: World, kinds: readonly Kind[], each: number): Promise<void> {
  for (const kind of kinds) {
    for (let index = 0; index < each; index++) {
      const entity = addEntity(world, kind)
      await perform(world, { entity, client: 'seed', phase: 'absent', how: 'birth', state: bornOf(world, kind) })
    }
  }
}

function addEntity({ entities, next }: World, kind: Kind): Entity {
  const id = `${kind.roots.length === 1 ? `${kind.roots[0] ?? ''}/` : ''}e${String(next()).padStart(6, '0')}`
  const entity: Entity = { kind, id, states: [undefined], busy: false, newer: new Set(), deeds: [] }
  entities.push(entity)
  return entity
}

const bornOf = (world: World, kind: Kind): State => kind.birth(world.random, numberOf(world, kind))

/** Of four that come again and again, or one that nobody else has got. */
function numberOf({ random, next, promised }: World, { recurring }: Kind): number {
  return promised && recurring === true && random() < 0.5 ? Math.floor(random() * 4) : next()
}

async function writeOne(world: World, client: 'old' | 'new'): Promise<void> {
  const { random, entities } = world
  const found = entities[Math.floor(random() * entities.length)]
  if (found === undefined || found.busy) return
  const entity = random() < 0.05 ? addEntity(world, found.kind) : found
  entity.busy = true
  try {
    const phase = client === 'old' ? 'absent' : await readPhase(world)
    const intent = { entity, client, phase, ...planned(world, entity, client) }
    const mayBe = client === 'new' || (world.promised && entity.kind.gaps !== true) || !isUntold(intent)
    if (mayBe) await perform(world, intent)
  } finally {
    entity.busy = false
  }
}

async function readPhase({ documents, migration }: World): Promise<string> {
  const [state] = await documents.get(['_lockstep/state'])
  const phase = state?.fields[migration]
  return phase !== undefined && 'stringValue' in phase ? phase.stringValue : 'absent'
}

type Planned = Pick<Deed, 'how' | 'state'>

function planned(world: World, { kind, states }: Entity, client: 'old' | 'new'): Planned {
  const { random } = world
  const [state] = states
  if (states.length > 1 || state === undefined) return { how: 'birth', state: bornOf(world, kind) }
  if (random() < 0.06) return { how: 'delete', state: undefined }
  const wanted = kind.change(random, numberOf(world, kind), state)
  const whole = random() < 0.4 || kind.wholeOnly?.includes(client) === true
  if (client === 'new') return { how: whole ? 'whole' : 'parts', state: wanted }
  const unknown = new Set(kind.unknownToOld)
  const known = Object.entries(wanted).filter(([part]) => !unknown.has(part))
  const kept = Object.entries(state).filter(([part]) => unknown.has(part) && !whole)
  return { how: whole ? 'whole' : 'parts', state: Object.fromEntries([...known, ...kept]) }
}

/**
 * What an old client takes from the old place alone, and a new one had written to both, looks as if it were born in the
 * new place where nothing is promised: the pages of the operations say that it stays. No old client does that then.
 */
function isUntold({ entity: { kind, id, states, newer }, how, state }: Intent): boolean {
  const [before] = states
  if (before === undefined) return false
  const gone = new Set(Object.keys(before).filter((part) => newer.has(part) && state?.[part] === undefined))
  const replaced = new Set(how === 'parts' ? [] : pictureOf(kind, 'old', id, before).keys())
  return kind.spots('new', id, before).some(({ part, name }) => gone.has(part) && !replaced.has(name))
}

/** Where a client writes, and from where it takes what goes. */
function modesOf(client: Deed['client'], phase: string): { readonly mode: Mode; readonly alsoGone: Mode } {
  if (client !== 'new') return { mode: 'old', alsoGone: 'old' }
  switch (phase) {
    case 'backfill':
    case 'cutover':
      return { mode: 'both', alsoGone: 'both' }
    case 'contract':
      return { mode: 'new', alsoGone: 'both' }
    case 'completed':
      return { mode: 'new', alsoGone: 'new' }
    default:
      return { mode: 'old', alsoGone: 'both' }
  }
}

interface Intent extends Planned {
  readonly entity: Entity
  readonly client: Deed['client']
  readonly phase: string
}

async function perform(
  { documents, generated, migration, random }: World,
  { entity, client, phase, how, state }: Intent,
): Promise<void> {
  const { kind, id, states } = entity
  const { mode, alsoGone } = modesOf(client, phase)
  const change = { kind, id, before: states[0], after: state }
  const rules = client === 'new' && random() < 0.5 ? generated.get(kind) : undefined
  const byRules = rules && generatedWrites(rules, change, { phase, migration, whole: how !== 'parts' })
  const writes = byRules ?? (how === 'parts' ? partWrites : wholeWrites)(change, mode, alsoGone)
  const answer = writes.length === 0 ? 'nothing to write' : await send(documents, writes)
  entity.deeds.push({
    at: new Date().toISOString(),
    client,
    phase,
    how,
    generated: byRules !== undefined,
    state,
    answer,
  })
  const parts = client === 'new' && mode !== 'old' ? Object.keys(state ?? {}) : []
  entity.newer = new Set([...entity.newer, ...parts])
  if (answer === 'lost') entity.states = [...states, state]
  else if (!answer.startsWith('refused')) entity.states = [state]
  else throw new Error(`${id}: ${answer}\n${JSON.stringify(writes)}`)
}

/** The time of the write, or why there is none. */
async function send(documents: DocumentWriter, writes: readonly DocumentWrite[]): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    const result = await documents.commit(writes).catch(() => undefined)
    if (result === undefined) return 'lost'
    if (result.ok) return result.updateTime ?? 'done'
    if (attempt > 20 || result.kind === 'refused' || result.kind === 'conflict')
      return `refused: ${result.status} ${result.message}`
    await sleep(20)
  }
}
