import { LockstepError } from '../kernel/errors.ts'
import { fieldAt, isBlocked, sameValue } from '../operations/field-path.ts'
import type { DocumentEdit, DocumentImage } from '../operations/document-hands.ts'
import type { PreImage } from '../operations/operation.ts'
import type { Document, FieldChange, FieldPath, Value } from '../stores/documents.ts'

/** Null stands for an absent field; a Firestore null is `{ nullValue: null }`. */
type Kept = readonly [FieldPath, Value | null]

/** The pre-image of an edit: what the touched paths hold now and what they get. */
export function imageOf(edit: DocumentEdit, unit: string): PreImage {
  const name = nameOf(edit)
  const before = edit.op === 'create' ? { values: [[[], null]], made: [] } : beforeOf(edit)
  return { name, ...(unit === name ? {} : { unit }), before, after: afterOf(edit) }
}

export function nameOf(edit: DocumentEdit): string {
  return edit.op === 'create' ? edit.name : edit.document.name
}

function beforeOf(edit: Exclude<DocumentEdit, { op: 'create' }>): PreImage['before'] {
  const { document } = edit
  const changes = edit.op === 'patch' ? edit.changes : [{ path: [], value: undefined }]
  return {
    version: document.updateTime,
    values: changes.map(({ path }) => [path, fieldAt(document, path) ?? null]),
    made: madeBy(document, changes),
  }
}

/** What the touched paths hold once the edit has landed. */
export function afterOf(edit: DocumentEdit): Kept[] {
  switch (edit.op) {
    case 'patch':
      return edit.changes.map(({ path, value }) => [path, value ?? null])
    case 'create':
      return [[[], { mapValue: { fields: edit.fields } }]]
    case 'delete':
      return [[[], null]]
  }
}

export function parseImage(image: PreImage): DocumentImage {
  const { name, unit = name, before, after } = image
  if (!isBefore(before) || !isKept(after)) {
    throw new LockstepError('LS-9001', 'the ledger has a pre-image that is none of a document', { where: { name } })
  }
  return { name, unit, version: before.version, before: before.values, made: before.made, after }
}

interface Before {
  readonly version?: string
  readonly values: readonly Kept[]
  readonly made: readonly FieldPath[]
}

function isBefore(value: unknown): value is Before {
  if (typeof value !== 'object' || value === null || !('values' in value) || !('made' in value)) return false
  const version = 'version' in value ? value.version : undefined
  const { values, made } = value
  return (version === undefined || typeof version === 'string') && isKept(values) && isPaths(made)
}

function isPaths(value: unknown): value is readonly FieldPath[] {
  return Array.isArray(value) && value.every((path) => Array.isArray(path))
}

function isKept(value: unknown): value is readonly Kept[] {
  return Array.isArray(value) && value.every((pair) => Array.isArray(pair) && Array.isArray(pair[0]))
}

/** All that judging these images takes: the touched paths, and of a map we made the whole. Undefined: whole documents. */
export function pathsOf(images: readonly Pick<DocumentImage, 'after' | 'made'>[]): readonly FieldPath[] | undefined {
  const paths = images.flatMap((image) => [...image.after.map(([path]) => path), ...image.made])
  if (paths.some((path) => path.length === 0)) return undefined
  const distinct = [...new Map(paths.map((path) => [JSON.stringify(path), path])).values()]
  return distinct.filter(
    (path) => !distinct.some((other) => other.length < path.length && other.every((key, index) => path[index] === key)),
  )
}

/** True when the document shows exactly what we meant to write at every touched path. */
export function showsAfter(document: Document | undefined, after: readonly Kept[]): boolean {
  return after.every(([path, value]) => sameValue(document && fieldAt(document, path), value ?? undefined))
}

/**
 * True when what we meant to write is there and the version from which it was computed is not. Of a document we meant
 * to create, others may have added to it since: our own next page, too.
 */
export function hasLanded(
  document: Document | undefined,
  { version, after }: Pick<DocumentImage, 'version' | 'after'>,
): boolean {
  if (document?.updateTime === version) return false
  if (document === undefined || version !== undefined) return showsAfter(document, after)
  return after.every(([path, value]) => value === null || holds(fieldAt(document, path), value))
}

/** True where the value is the other one, or a map with at least its members. */
function holds(value: Value | undefined, other: Value): boolean {
  if (value === undefined || !('mapValue' in value) || !('mapValue' in other)) return sameValue(value, other)
  const { fields } = value.mapValue
  return Object.entries(other.mapValue.fields).every(
    ([key, member]) => Object.hasOwn(fields, key) && holds(fields[key], member),
  )
}

export interface WayBack {
  readonly changes: readonly FieldChange[]
  /** Paths that hold neither what we wrote nor what was before: someone else's later value, kept. */
  readonly foreign: readonly FieldPath[]
}

/** Three-way comparison per field: ours goes back to what was before, anything else stays. */
export function wayBack(document: Document, image: DocumentImage): WayBack {
  const changes: FieldChange[] = []
  const foreign: FieldPath[] = []
  for (const [index, [path, after]] of image.after.entries()) {
    const now = fieldAt(document, path)
    const before = image.before[index]?.[1] ?? undefined
    if (sameValue(now, before)) continue
    const ours = sameValue(now, after ?? undefined) && !(before !== undefined && isBlocked(document, path))
    if (ours) changes.push({ path, value: before })
    else foreign.push(path)
  }
  return { changes: withEmptied(document, image, changes), foreign }
}

/**
 * Writing `a.b` where there was no `a` makes the map `a`. A map that was not there before and that the changes leave
 * empty goes as a whole, in one change instead of one for each of its fields.
 */
function withEmptied(
  document: Document,
  image: DocumentImage,
  changes: readonly FieldChange[],
): readonly FieldChange[] {
  let result = changes
  const made = [...image.made].sort((a, b) => b.length - a.length)
  for (const map of made) {
    const below = result.filter(
      ({ path }) => path.length > map.length && map.every((key, index) => path[index] === key),
    )
    if (below.length === 0 || below.some(({ value }) => value !== undefined)) continue
    const left = below.reduce<Value | undefined>(
      (value, { path }) => without(value, path.slice(map.length)),
      fieldAt(document, map),
    )
    if (left === undefined || !('mapValue' in left) || Object.keys(left.mapValue.fields).length > 0) continue
    result = [...result.filter((change) => !below.includes(change)), { path: map, value: undefined }]
  }
  return result
}

function without(value: Value | undefined, [key, ...rest]: FieldPath): Value | undefined {
  if (value === undefined || key === undefined || !('mapValue' in value)) return undefined
  const { [key]: inner, ...others } = value.mapValue.fields
  const left = rest.length === 0 ? undefined : without(inner, rest)
  return { mapValue: { fields: left === undefined ? others : { ...others, [key]: left } } }
}

/** The maps that writing these paths makes, because nothing is there yet. */
function madeBy(document: Document, changes: readonly FieldChange[]): readonly FieldPath[] {
  const nested = changes.filter(({ path }) => path.length > 1)
  if (nested.length === 0) return []
  const maps = nested.flatMap(({ path }) => path.slice(0, -1).map((_, index) => path.slice(0, index + 1)))
  const absent = maps.filter((map) => fieldAt(document, map) === undefined)
  return [...new Map(absent.map((map) => [JSON.stringify(map), map])).values()]
}
