import { LockstepError } from '../kernel/errors.ts'
import type { FieldPath } from '../stores/documents.ts'
import type { UpdateArguments, WrittenData } from './converter.ts'
import { isMap, memberAt, withMember } from './data.ts'
import type { Data } from './data.ts'
import { entryLens } from './entry-lens.ts'
import { formerName, pairsOf } from './move.ts'
import type { Move, Place, PlacePair } from './move.ts'
import { modeOf } from './phases.ts'
import type { ClientPhase, Phases } from './phases.ts'
import type { Params } from './place-pattern.ts'
import { sideOf } from './read-rules.ts'
import type { BothPlaces } from './read-rules.ts'
import type { Sdk } from './sdk.ts'

/** One write of a batch, for `applyWrites`. FieldPaths are typed so that every SDK takes its own. */
export type MovedWrite =
  | { readonly path: string; readonly delete: true }
  | { readonly path: string; readonly data: WrittenData; readonly options: { readonly mergeFields?: never[] } }
  /** Of a map's entry whose key has a dot, which the server SDKs cannot merge: the document has to exist. */
  | { readonly path: string; readonly update: UpdateArguments }

/** A batch or transaction of any SDK. */
interface BatchLike {
  set(reference: never, data: never, options: never): unknown
  update(reference: never, path: never, value: unknown, ...more: unknown[]): unknown
  delete(reference: never): unknown
}

/** Puts the writes into a batch or transaction; `doc` gives the SDK's reference of a path. */
export function applyWrites(batch: BatchLike, doc: (path: string) => object, writes: readonly MovedWrite[]): void {
  for (const write of writes) {
    const reference = doc(write.path) as never
    if ('delete' in write) batch.delete(reference)
    else if ('update' in write) batch.update(reference, ...write.update)
    else batch.set(reference, write.data as never, write.options as never)
  }
}

/** The documents to read for a moved thing, the new place first. */
export function placesOf(move: Move, params: Params): readonly string[] {
  return distinct(pairsOf(move, params).flatMap(({ old, neu }) => [neu.document, old.document]))
}

/**
 * A moved thing in its newest form, as it was written last, from the documents of `placesOf` (undefined where they do
 * not exist); undefined where it is in neither. Of fields it is the document they are moved to, or are to be.
 */
export function readMoved(
  move: Move,
  phases: Phases,
  params: Params,
  documents: Readonly<Record<string, object | undefined>>,
): unknown {
  const phase = phases.phaseOf(move.migration)
  const at = ({ document, field }: Place): unknown => memberAt(asData(documents[document]), field)
  const pairs = pairsOf(move, params)
  const [first] = pairs
  if (first === undefined) return undefined
  const valueOf = ({ old, neu, lens }: PlacePair): unknown => lastOf({ old: at(old), neu: at(neu), lens }, phase)
  if (first.at.length === 0) return valueOf(first)
  return pairs.reduce<Data | undefined>((read, pair) => {
    const value = valueOf(pair)
    return value === undefined && read === undefined ? undefined : withMember(read ?? {}, pair.at, value)
  }, asData(documents[first.neu.document]))
}

/** In the new form; what has no word there is as it was. */
function lastOf(both: BothPlaces, phase: ClientPhase): unknown {
  if (sideOf(both, phase) === 'neu') return both.neu
  return both.lens.up(both.old).value ?? both.old
}

/**
 * Every entry of a moved map in its newest form by its key, from the document with the map and the documents of the
 * entries by their ids.
 */
export function readEntries(
  move: Move,
  phases: Phases,
  host: object | undefined,
  documents: Readonly<Record<string, object>>,
): Readonly<Record<string, unknown>> {
  const phase = phases.phaseOf(move.migration)
  const found = memberAt(asData(host), move.path ?? [])
  const map = isMap(found) ? found : {}
  const entries = distinct([...Object.keys(map), ...Object.keys(documents)]).flatMap((key) => {
    const [inMap, alone] = [own(map, key), asData(own(documents, key))]
    const [old, neu] = move.inward ? [alone, inMap] : [inMap, alone]
    const value = lastOf({ old, neu, lens: entryLens(move, key) }, phase)
    return value === undefined ? [] : [[key, value] as const]
  })
  return Object.fromEntries(entries)
}

/**
 * The writes by which a moved thing becomes this value in its newest form, or with undefined goes: to be sent in one
 * batch, so that the two places never disagree. Documents are as they are stored: converted by the shape of their
 * pattern where there is one.
 */
export function writeMoved(
  move: Move,
  { phases, sdk }: { readonly phases: Phases; readonly sdk: Sdk },
  params: Params,
  value: unknown,
): readonly MovedWrite[] {
  const phase = phases.phaseOf(move.migration)
  const mode = modeOf(phase)
  const pairs = pairsOf(move, params)
  // What goes, goes from both places, as long as there are two.
  const toOld = value === undefined ? phase !== 'completed' : mode !== 'new'
  const toNew = value === undefined || mode !== 'old'
  return [...(toNew ? writesOn('neu', pairs, value, sdk) : []), ...(toOld ? writesOn('old', pairs, value, sdk) : [])]
}

function writesOn(side: 'old' | 'neu', pairs: readonly PlacePair[], value: unknown, sdk: Sdk): readonly MovedWrite[] {
  const [first] = pairs
  if (first === undefined) return []
  const { document: path, isWhole } = first[side]
  if (isWhole) {
    const document = pairs.length > 1 ? value : partOf(value, first, side)
    return [isMap(document) ? { path, data: { ...document }, options: {} } : { path, delete: true }]
  }
  const isDotted = pairs.some((pair) => pair[side].field.some((key) => key.includes('.')))
  const values = pairs.map((pair) => [pair[side].field, partOf(value, pair, side) ?? sdk.deleteField()] as const)
  if (isDotted) {
    const update = values.flatMap(([field, part]): unknown[] => [fieldPath(field, sdk), part]) as UpdateArguments
    return [{ path, update }]
  }
  const data = values.reduce<Data>((made, [field, part]) => withMember(made, field, part), {})
  return [{ path, data, options: { mergeFields: pairs.map((pair) => fieldPath(pair[side].field, sdk)) } }]
}

/** A whole document of fields that were moved to it keeps the others, too. */
function partOf(value: unknown, { at, lens, neu }: PlacePair, side: 'old' | 'neu'): unknown {
  if (side === 'neu' && neu.isWhole && at.length > 0) return value
  const part = memberAt(value, at)
  if (part === undefined || lens.identity) return part
  const old = lens.down(part).value
  if (side === 'old' || old === undefined) return old
  return lens.up(old).value
}

/** The names of a document to read, in this order, and those to write: renamed collections have two for a while. */
export function bothPaths(
  moves: readonly Move[],
  phases: Phases,
  name: string,
): { readonly read: readonly string[]; readonly write: readonly string[] } {
  let read: readonly string[] = [name]
  let write: readonly string[] = [name]
  for (const move of moves.toReversed()) {
    const mode = modeOf(phases.phaseOf(move.migration))
    const former = (names: readonly string[]): readonly string[] => names.map((each) => formerName(move, each) ?? each)
    read = distinct(mode === 'old' ? [...former(read), ...read] : [...read, ...former(read)])
    if (mode !== 'new') write = mode === 'old' ? former(write) : distinct([...write, ...former(write)])
  }
  return { read, write }
}

/**
 * The collection to query for documents of a renamed one: the old place has all of them until the contract phase,
 * the new place from then on.
 */
export function collectionPath(moves: readonly Move[], phases: Phases, collection: string): string {
  const current = moves.reduceRight((name, move) => {
    if (modeOf(phases.phaseOf(move.migration)) === 'new') return name
    const former = formerName(move, name)
    if (former !== undefined) return former
    throw new LockstepError('LS-2101', `${collection} was not one collection before ${move.migration}`, {
      where: { name: collection },
      hint: 'query the collection group of the old place, until the migration is completed',
    })
  }, `${collection}/_`)
  return current.split('/').slice(0, -1).join('/')
}

function own(members: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(members, key) ? members[key] : undefined
}

function asData(value: unknown): Data | undefined {
  return typeof value === 'object' && value !== null ? { ...value } : undefined
}

function distinct(names: readonly string[]): readonly string[] {
  return [...new Set(names)]
}

function fieldPath(path: FieldPath, { FieldPath: Class }: Sdk): never {
  if (Class !== undefined) return new Class(...path) as never
  throw new LockstepError('LS-2109', 'moved fields need FieldPath of the Firestore SDK', {
    where: { name: 'sdk.FieldPath' },
    hint: 'give an sdk with FieldPath',
  })
}
