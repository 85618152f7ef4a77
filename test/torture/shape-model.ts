import { fieldAt, sameValue } from '../../src/operations/field-path.ts'
import { withValueIn } from '../../src/operations/value-tree.ts'
import type { DocumentWrite, FieldChange, FieldPath, Fields, Value } from '../../src/stores/documents.ts'
import type { Random } from './seeded.ts'

/** What an entity holds, apart from where: its parts by their names. Undefined: it does not exist. */
export type State = Readonly<Record<string, Value>>

/** Where a part of an entity is, or a half of it, and what is there. The path `[]` is the whole document. */
export interface Spot {
  readonly part: string
  readonly name: string
  readonly path: FieldPath
  readonly value: Value
  /** Clients that find nothing there take it for this. */
  readonly implied?: true
}

export type Shape = 'old' | 'new'

/** Entities that one step of the migration changes the shape of, in collections of their own. */
export interface Kind {
  readonly name: string
  /** The step, as it is written in the migration file. */
  readonly step: string
  /** Its documents before the step, or those that hold what the step moves. */
  readonly pattern: string
  /** What members of a moved thing are called in the new shape. */
  readonly newNames?: Readonly<Record<string, string>>
  /** The root collections of its documents. */
  readonly roots: readonly string[]
  /** The entity a document belongs to, by the document's name. */
  readonly idOf: (name: string) => string
  readonly spots: (shape: Shape, id: string, state: State) => readonly Spot[]
  /** A new entity; `n` is a number that nobody else has got. */
  readonly birth: (random: Random, n: number) => State
  /** Another value for one part, a part more, or one less. */
  readonly change: (random: Random, n: number, state: State) => State
  /** Clients of these shapes write only whole documents: a field alone would leave it open which shape it is. */
  readonly wholeOnly?: readonly Shape[]
  /** Parts the old shape does not know: an old client that writes whole documents drops them. */
  readonly unknownToOld?: readonly string[]
  /** Values that are left in the old shape without a difference: nobody can tell whether a client wrote them. */
  readonly unknown?: readonly { readonly path: FieldPath; readonly value: Value }[]
  /** What tells that a part is in the new shape: a client that writes the part in the old one takes it away. */
  readonly marker?: { readonly part: string; readonly path: FieldPath }
  /** Old and new places are apart, and what recurs in them does not confuse anybody. */
  readonly recurring?: boolean
  /** The old shape cannot say everything, so that nobody can tell what is not there from what was deleted. */
  readonly gaps?: boolean
  /** Both shapes are in the same fields. */
  readonly inPlace?: boolean
  /** Maps that are empty or absent without a difference. */
  readonly containers?: readonly FieldPath[]
}

/** Which places a write goes to. */
export type Mode = 'old' | 'both' | 'new'

export type Picture = ReadonlyMap<string, Fields>

function spotsOf(kind: Kind, mode: Mode, id: string, state: State | undefined): readonly Spot[] {
  if (state === undefined) return []
  if (mode !== 'both') return kind.spots(mode, id, state)
  if (kind.inPlace === true) return kind.spots('new', id, state)
  return distinct([...kind.spots('old', id, state), ...kind.spots('new', id, state)])
}

function distinct(spots: readonly Spot[]): readonly Spot[] {
  return [...new Map(spots.map((spot) => [keyOf(spot), spot])).values()]
}

function keyOf({ name, path }: Pick<Spot, 'name' | 'path'>): string {
  return JSON.stringify([name, path])
}

/** The documents of an entity as a client that writes this way leaves them when it writes them whole. */
export function pictureOf(kind: Kind, mode: Mode, id: string, state: State | undefined): Picture {
  const picture = new Map<string, Value | undefined>()
  for (const { name, path, value } of spotsOf(kind, mode, id, state))
    picture.set(name, withValueIn(picture.get(name), path, value))
  return new Map([...picture].map(([name, value]) => [name, fieldsOf(value)]))
}

export function fieldsOf(value: Value | undefined): Fields {
  return value !== undefined && 'mapValue' in value ? value.mapValue.fields : {}
}

export interface Change {
  readonly kind: Kind
  readonly id: string
  readonly before: State | undefined
  readonly after: State | undefined
}

/** Whole documents, as they are in this mode; those that are no more of the entity go. */
export function wholeWrites({ kind, id, before, after }: Change, mode: Mode, alsoGone: Mode): readonly DocumentWrite[] {
  const now = pictureOf(kind, mode, id, after)
  const gone = [...pictureOf(kind, alsoGone, id, before).keys()].filter((name) => {
    const kept = pictureOf(kind, alsoGone, id, after)
    return !now.has(name) && !kept.has(name)
  })
  return [
    ...[...now].map(([name, fields]) => ({ op: 'put', name, fields, expect: 'any' }) as const),
    ...gone.map((name) => ({ op: 'delete', name, expect: 'any' }) as const),
  ]
}

/** Only the parts that changed, each wherever the mode has it; what goes, goes from the places of `alsoGone`. */
export function partWrites({ kind, id, before, after }: Change, mode: Mode, alsoGone: Mode): readonly DocumentWrite[] {
  const parts = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])
  const changed = [...parts].filter((part) => !sameValue(before?.[part], after?.[part]))
  const isChanged = ({ part }: Spot): boolean => changed.includes(part)
  const set = spotsOf(kind, mode, id, after).filter(isChanged)
  const left = new Set(spotsOf(kind, alsoGone, id, after).map(keyOf))
  const gone = spotsOf(kind, alsoGone, id, before).filter((spot) => isChanged(spot) && !left.has(keyOf(spot)))
  const byName = new Map<string, FieldChange[]>()
  const writes: DocumentWrite[] = []
  for (const { name, path, value } of [...set, ...gone.map((spot) => ({ ...spot, value: undefined }))]) {
    if (path.length > 0) byName.set(name, [...(byName.get(name) ?? []), { path, value }])
    else if (value === undefined) writes.push({ op: 'delete', name, expect: 'any' })
    else writes.push({ op: 'put', name, fields: fieldsOf(value), expect: 'any' })
  }
  const unmarks = mode === 'old' && kind.marker !== undefined && changed.includes(kind.marker.part)
  const marker = unmarks ? [{ path: kind.marker?.path ?? [], value: undefined }] : []
  for (const [name, changes] of byName)
    writes.push({ op: 'patch', name, changes: [...changes, ...marker], expect: 'any' })
  return writes
}

/** True where the documents hold exactly this at the part's places of a shape, or nothing where it should hold nothing. */
export function holds(documents: Picture, spots: readonly Spot[]): boolean {
  return spots.every((spot) => sameValue(valueAt(documents, spot), spot.value))
}

export function isAbsent(documents: Picture, spots: readonly Spot[]): boolean {
  return spots.every((spot) => valueAt(documents, spot) === undefined)
}

export function valueAt(documents: Picture, { name, path }: Pick<Spot, 'name' | 'path'>): Value | undefined {
  const fields = documents.get(name)
  return fields === undefined ? undefined : fieldAt({ fields }, path)
}
