import { unpackPreImages } from '../../src/archive/pre-images.ts'
import { sameValue } from '../../src/operations/field-path.ts'
import { isPrefix, withValueIn } from '../../src/operations/value-tree.ts'
import type { DocumentWriter, Fields, Value } from '../../src/stores/documents.ts'
import { ask } from './oracle.ts'
import type { Entity } from './shape-clients.ts'
import { rareNames } from './shape-values.ts'
import { fieldsOf, holds, isAbsent, pictureOf, valueAt } from './shape-model.ts'
import type { Kind, Picture, Spot, State } from './shape-model.ts'

/** How the documents are read: by new clients while both places are kept, by old ones alone, by new ones alone. */
export type Reader = 'soaking' | 'old' | 'completed'

/** What `down` left in a new place, and told of. */
export type Leftover = Pick<Spot, 'name' | 'path'>

export interface Difference {
  readonly entity: Entity
  readonly found: Picture
  readonly why: string
}

/** Every document of the kinds, by entity. */
export async function readEntities(
  documents: DocumentWriter,
  kinds: readonly Kind[],
): Promise<ReadonlyMap<string, Picture>> {
  const found = new Map<string, Map<string, Fields>>()
  for (const kind of kinds) {
    for (const collection of kind.roots) {
      for await (const { name, fields } of documents.scan(
        { parent: '', collection, descendants: false, subtree: true },
        {},
      )) {
        const key = `${kind.name} ${kind.idOf(name)}`
        found.set(key, (found.get(key) ?? new Map<string, Fields>()).set(name, fields))
      }
    }
  }
  return found
}

/** Entities that are not what the last write to each made them, as this reader sees it; also those nobody wrote. */
export function differences(
  entities: readonly Entity[],
  found: ReadonlyMap<string, Picture>,
  reader: Reader,
): readonly Difference[] {
  const known = new Set(entities.map(({ kind, id }) => `${kind.name} ${id}`))
  const stray = [...found.keys()].find((key) => !known.has(key))
  if (stray !== undefined) throw new Error(`${stray} is there, and nobody wrote it`)
  return entities.flatMap((entity): readonly Difference[] => {
    const there = found.get(`${entity.kind.name} ${entity.id}`) ?? new Map<string, Fields>()
    const whys = entity.states.map((state) => problemOf(entity, state, there, reader))
    return whys.some((why) => why === undefined) ? [] : [{ entity, found: there, why: whys.join('; or ') }]
  })
}

function problemOf(
  { kind, id, deeds }: Entity,
  state: State | undefined,
  found: Picture,
  reader: Reader,
): string | undefined {
  if (reader === 'soaking') return unreadable(kind, { id, state, found }) ?? strange(kind, { id, state, found, deeds })
  const expected = pictureOf(kind, reader === 'old' ? 'old' : 'new', id, state)
  if (reader === 'old') found = without(found, leftoversOf({ kind, id, deeds }, state, found))
  return inexact(kind, normal(kind, found, reader), normal(kind, expected, reader))
}

/** Values of new clients that are in new places still, after the way back. */
export function leftovers(entities: readonly Entity[], found: ReadonlyMap<string, Picture>): readonly Leftover[] {
  return entities.flatMap((entity) => {
    const there = found.get(`${entity.kind.name} ${entity.id}`) ?? new Map<string, Fields>()
    return leftoversOf(entity, entity.states[0], there)
  })
}

function leftoversOf(
  { kind, id, deeds }: Pick<Entity, 'kind' | 'id' | 'deeds'>,
  state: State | undefined,
  found: Picture,
): readonly Leftover[] {
  const ours = state === undefined ? [] : kind.spots('old', id, state)
  const written = deeds.flatMap((deed) => (deed.client === 'new' && deed.state !== undefined ? [deed.state] : []))
  const left = written
    .flatMap((each) => kind.spots('new', id, each))
    .filter((spot) => !ours.some((other) => isSameSpot(spot, other)) && !kind.inPlace)
    .filter((spot) => spot.part !== 'rest' && sameValue(valueAt(found, spot), spot.value))
  return [...new Map(left.map(({ name, path }) => [JSON.stringify([name, path]), { name, path }])).values()]
}

function without(found: Picture, left: readonly Leftover[]): Picture {
  const picture = new Map<string, Value | undefined>(
    [...found].map(([name, fields]) => [name, { mapValue: { fields } }]),
  )
  for (const { name, path } of left) picture.set(name, withValueIn(picture.get(name), path, undefined))
  return new Map(
    [...picture].flatMap(([name, value]) => (value === undefined ? [] : [[name, fieldsOf(value)] as const])),
  )
}

interface Seen {
  readonly id: string
  readonly state: State | undefined
  readonly found: Picture
}

/** Both places the same, or an old client was in the old one last: what is there last is what was written last. */
function unreadable(kind: Kind, { id, state, found }: Seen): string | undefined {
  const old = state === undefined ? [] : kind.spots('old', id, state)
  const isImplied = (spot: Spot): boolean => spot.implied === true && valueAt(found, spot) === undefined
  const neu = state === undefined ? [] : kind.spots('new', id, state).filter((spot) => !isImplied(spot))
  for (const part of new Set([...old, ...neu].map((spot) => spot.part))) {
    const ofPart = (spots: readonly Spot[]): readonly Spot[] => spots.filter((spot) => spot.part === part)
    const [inOld, inNew] = [ofPart(old), ofPart(neu)]
    const together = inOld.every((spot) => inNew.some((other) => isSameSpot(spot, other)))
    const fine = together
      ? holds(found, inNew) || (inOld.length > 0 && holds(found, inOld) && !isMarked(kind, found, id, inNew))
      : (inOld.length > 0 && holds(found, inOld)) || (isAbsent(found, inOld) && holds(found, inNew))
    if (!fine) return `${part} does not read as it was written`
  }
  return undefined
}

function isMarked({ marker }: Kind, found: Picture, name: string, spots: readonly Spot[]): boolean {
  if (marker === undefined) return false
  const mark = spots.find((spot) => spot.path.join('.') === marker.path.join('.'))
  return mark !== undefined && sameValue(valueAt(found, { name, path: marker.path }), mark.value)
}

function isSameSpot(a: Spot, b: Spot): boolean {
  return a.name === b.name && a.path.length === b.path.length && isPrefix(a.path, b.path)
}

/** What is left when all that the entity holds is taken away. */
function strange(kind: Kind, { id, state, found, deeds }: Seen & Pick<Entity, 'deeds'>): string | undefined {
  const spots = state === undefined ? [] : [...kind.spots('old', id, state), ...kind.spots('new', id, state)]
  // What an old client took away stays in the new place until our next look.
  const before = kind.inPlace === true ? [] : deeds.flatMap((deed) => kind.spots('new', id, deed.state ?? {}))
  const isLeft = (spot: Spot): boolean =>
    state?.[spot.part] === undefined && sameValue(valueAt(found, spot), spot.value)
  spots.push(...before.filter(isLeft))
  for (const [name, fields] of normal(kind, found, 'soaking')) {
    let left: Value | undefined = { mapValue: { fields } }
    const ours = spots.filter((spot) => spot.name === name)
    for (const { path } of ours) left = withValueIn(left, path, undefined)
    const rest = normalFields(kind, fieldsOf(left), 'soaking')
    if (ours.length === 0) return `${name} should not be there`
    if (Object.keys(rest).length > 0) return `${name} has ${Object.keys(rest).join(', ')}, which nobody wrote`
  }
  return undefined
}

function inexact(kind: Kind, found: Picture, expected: Picture): string | undefined {
  for (const name of new Set([...found.keys(), ...expected.keys()])) {
    const [is, should] = [found.get(name), expected.get(name)]
    if (is === undefined) return `${name} is missing`
    if (should === undefined) return `${name} should not be there`
    for (const key of new Set([...Object.keys(is), ...Object.keys(should)]))
      if (!sameValue(is[key], should[key])) return `${name} ${key} differs (${kind.name})`
  }
  return undefined
}

function normal(kind: Kind, picture: Picture, reader: Reader): Picture {
  return new Map([...picture].map(([name, fields]) => [name, normalFields(kind, fields, reader)]))
}

function normalFields({ containers = [], unknown = [] }: Kind, fields: Fields, reader: Reader): Fields {
  let value: Value | undefined = { mapValue: { fields } }
  for (const path of containers) {
    const inner = valueAt(new Map([['', fields]]), { name: '', path })
    if (inner !== undefined && 'mapValue' in inner && Object.keys(inner.mapValue.fields).length === 0)
      value = withValueIn(value, path, undefined)
  }
  for (const { path, value: usual } of reader === 'old' ? unknown : []) {
    if (sameValue(valueAt(new Map([['', fields]]), { name: '', path }), usual))
      value = withValueIn(value, path, undefined)
  }
  return fieldsOf(value)
}

/** All that helps to find the cause: the writes, the documents, and what the ledger knows of them. */
export async function explain({ entity, found, why }: Difference, url: string): Promise<string> {
  const names = new Set([...found.keys(), ...['old', 'new'].flatMap((mode) => namesIn(entity, mode === 'old'))])
  const deeds = entity.deeds.map(
    ({ at, client, phase, how, generated, state, answer }) =>
      `  ${at} ${client} (${phase}) ${how}${generated ? ' by generated rules' : ''} ${answer}: ${brief(state)}`,
  )
  const documents = [...found].map(([name, fields]) => `  ${name}: ${brief(fields)}`)
  return [
    `${entity.kind.name} ${entity.id}: ${why}`,
    'writes:',
    ...deeds,
    'documents:',
    ...documents,
    'ledger:',
    ...(await imagesOf(names, url)),
  ].join('\n')
}

/** Fields that only make up the numbers are left out. */
function brief(value: unknown): string {
  const text = JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner
    const entries = Object.entries(inner).filter(([key]) => !rareNames.has(key))
    const [only] = entries
    return entries.length === 1 && only !== undefined && only[0].endsWith('Value')
      ? only[1]
      : Object.fromEntries(entries)
  })
  return text ?? 'nothing'
}

function namesIn({ kind, id, deeds }: Entity, old: boolean): readonly string[] {
  return deeds.flatMap(({ state }) => [...pictureOf(kind, old ? 'old' : 'new', id, state).keys()])
}

async function imagesOf(names: ReadonlySet<string>, url: string): Promise<readonly string[]> {
  const rows = await ask(
    url,
    `select p.run, p.step, s.phase, s.round, s.stage, s.scope::text as scope, p.settled, p.unapplied, p.payload
     from lockstep.pre_images p join lockstep.shards s on s.id = p.shard order by p.seq`,
  )
  const lines: string[] = []
  for (const { run, step, phase, round, stage, scope, settled, unapplied, payload } of rows) {
    const skipped = new Set((unapplied ?? []) as readonly number[])
    for (const [index, image] of unpackPreImages(payload as Buffer).entries()) {
      if (!names.has(image.name)) continue
      const fate = settled === true ? (skipped.has(index) ? 'unapplied' : 'applied') : 'unsettled'
      lines.push(
        `  ${String(run)} step ${String(step)} ${String(phase)}/${String(round)}/${String(stage)} ${String(scope)} ${fate}: ${image.name} ${brief(image.before)} => ${brief(image.after)}`,
      )
    }
  }
  return lines
}
