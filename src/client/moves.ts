import type { FieldPath } from '../stores/documents.ts'
import { memberAt, withMember } from './data.ts'
import type { Data } from './data.ts'
import { LockstepError } from '../kernel/errors.ts'
import { formerName, keyVariable, pairsOf } from './move.ts'
import type { Move, Place, PlacePair } from './move.ts'
import { modeOf } from './phases.ts'
import type { Phases } from './phases.ts'
import type { Params } from './place-pattern.ts'
import { sideOf } from './read-rules.ts'
import type { Lens } from './rule.ts'
import type { Sdk } from './sdk.ts'

const same: Lens = { up: (value) => ({ value }), down: (value) => ({ value }), identity: true }

/** One write of a batch: `'delete' in write ? batch.delete(doc(write.path)) : batch.set(doc(write.path), write.data, write.options)`. */
export type MovedWrite =
  | { readonly path: string; readonly delete: true }
  | {
      readonly path: string
      readonly data: { [field: string]: unknown }
      readonly options: { readonly mergeFields?: object[] }
    }

/** The documents to read, the new place first. */
export function placesOf(move: Move, params: Params): readonly string[] {
  return distinct(pairsOf(move, params).flatMap(({ old, neu }) => [neu.document, old.document]))
}

/**
 * A moved thing as it was written last, from the documents of `placesOf` (absent where they do not exist), by the
 * rules for both places; undefined where it is in neither. Fields of it that were not moved come along.
 */
export function readMoved(
  move: Move,
  phases: Phases,
  params: Params,
  documents: Readonly<Record<string, object | undefined>>,
): Data | undefined {
  const phase = phases.phaseOf(move.migration)
  const at = ({ document, field }: Place): unknown => withoutKey(move, memberAt(asData(documents[document]), field))
  let read: Data | undefined
  for (const pair of pairsOf(move, params)) {
    const both = { old: at(pair.old), neu: at(pair.neu) }
    const value = sideOf({ ...both, lens: same }, phase) === 'old' ? both.old : both.neu
    if (pair.at.length === 0) return value === undefined ? undefined : asData(value)
    if (read === undefined && pair.neu.isWhole) read = asData(documents[pair.neu.document])
    if (value !== undefined || read !== undefined) read = withMember(read ?? {}, pair.at, value)
  }
  return read
}

/** Every entry of a moved map by its key, from the host and the entries' documents by their ids. */
export function readEntries(
  move: Move,
  phases: Phases,
  host: object | undefined,
  documents: Readonly<Record<string, object>>,
): Readonly<Record<string, Data>> {
  const phase = phases.phaseOf(move.migration)
  const map = asData(memberAt(asData(host), move.path ?? [])) ?? {}
  const entries = distinct([...Object.keys(map), ...Object.keys(documents)]).flatMap((key) => {
    const [inMap, alone] = [own(map, key), withoutKey(move, own(documents, key))]
    const [old, neu] = move.inward ? [alone, inMap] : [inMap, alone]
    const value = asData(sideOf({ old, neu, lens: same }, phase) === 'old' ? old : neu)
    return value === undefined ? [] : [[key, value] as const]
  })
  return Object.fromEntries(entries)
}

/**
 * The writes by which a moved thing becomes this value, or with undefined goes: to be sent in one batch, so that the
 * two places never disagree. Data is as it is stored: converted by the shape of its pattern where there is one.
 */
export function writeMoved(
  move: Move,
  { phases, sdk }: { readonly phases: Phases; readonly sdk: Sdk },
  params: Params,
  value: object | undefined,
): readonly MovedWrite[] {
  const phase = phases.phaseOf(move.migration)
  const mode = modeOf(phase)
  const pairs = pairsOf(move, params)
  const write = (side: 'old' | 'neu'): readonly MovedWrite[] => writesOn(side, pairs, { move, params, value, sdk })
  // What goes, goes from both places, as long as there are two.
  const toOld = value === undefined ? phase !== 'completed' : mode !== 'new'
  const toNew = value === undefined || mode !== 'old'
  return [...(toNew ? write('neu') : []), ...(toOld ? write('old') : [])]
}

interface Writing {
  readonly move: Move
  readonly params: Params
  readonly value: object | undefined
  readonly sdk: Sdk
}

function writesOn(side: 'old' | 'neu', pairs: readonly PlacePair[], writing: Writing): readonly MovedWrite[] {
  const { move, params, value, sdk } = writing
  const [first] = pairs
  if (first === undefined) return []
  const { document: path, isWhole } = first[side]
  if (isWhole && value === undefined) return [{ path, delete: true }]
  if (isWhole) return [{ path, data: { ...value, ...keyMember(move, params) }, options: {} }]
  const data = pairs.reduce<Data>((made, pair) => {
    const inner = memberAt(asData(value), pair.at)
    return withMember(made, pair[side].field, inner ?? sdk.deleteField())
  }, {})
  return [{ path, data, options: { mergeFields: pairs.map((pair) => fieldPath(pair[side].field, sdk)) } }]
}

/** The newest name of a document and, while it is there too, the former one: where reads look and writes go. */
export function bothPaths(
  moves: readonly Move[],
  phases: Phases,
  name: string,
): { readonly read: readonly string[]; readonly write: readonly string[] } {
  let [read, write]: readonly (readonly string[])[] = [[name], [name]]
  for (const move of moves.toReversed()) {
    const mode = modeOf(phases.phaseOf(move.migration))
    const former = (names: readonly string[]): readonly string[] => names.map((each) => formerName(move, each) ?? each)
    const [formerRead, formerWrite] = [former(read ?? []), former(write ?? [])]
    read = distinct(mode === 'old' ? [...formerRead, ...(read ?? [])] : [...(read ?? []), ...formerRead])
    write = mode === 'new' ? write : mode === 'old' ? formerWrite : distinct([...(write ?? []), ...formerWrite])
  }
  return { read: read ?? [], write: write ?? [] }
}

/**
 * The collection to query for documents of a renamed one: the old place has all of them until the contract phase,
 * the new place from then on.
 */
export function collectionPath(moves: readonly Move[], phases: Phases, collection: string): string {
  const current = moves.reduceRight(
    (name, move) => (modeOf(phases.phaseOf(move.migration)) === 'new' ? name : (formerName(move, name) ?? name)),
    `${collection}/_`,
  )
  return current.split('/').slice(0, -1).join('/')
}

function keyMember(move: Move, params: Params): Data {
  return move.key === undefined ? {} : { [move.key]: params[keyVariable(move)] }
}

function withoutKey({ key }: Move, value: unknown): unknown {
  const data = key === undefined ? undefined : asData(value)
  return data === undefined || key === undefined ? value : withMember(data, [key], undefined)
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

function fieldPath(path: FieldPath, { FieldPath: Class }: Sdk): object {
  if (Class !== undefined) return new Class(...path)
  throw new LockstepError('LS-2109', 'moved fields need FieldPath of the Firestore SDK', {
    where: { name: 'sdk.FieldPath' },
    hint: 'give an sdk with FieldPath',
  })
}
