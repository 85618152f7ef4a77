import type { Document, FieldChange, FieldPath, Fields, Value } from '../../../stores/documents.ts'
import { decodeFields } from '../../../stores/values.ts'
import type { DocumentImage } from '../../document-hands.ts'
import { fieldAt, isBlocked, printFieldPath, sameValue } from '../../field-path.ts'
import type { InPlace, KnownBack, Verdict } from '../../in-place.ts'
import { isPrefix, withValueIn } from '../../value-tree.ts'
import { changesBetween, mergeRaw, shownOf } from './raw-members.ts'
import type { CompiledTransform, TransformFunction } from './transform-spec.ts'

/** Free code over documents where they are, told by `isNew` or by the marker. */
export function transformInPlace(compiled: CompiledTransform): InPlace {
  const { pattern, projection } = compiled
  return {
    pattern,
    fields: projection,
    blind: false,
    isNew: (document) => shapeOf(compiled, document.fields).isNew === true,
    up: (document) => upOf(compiled, document),
    down: (document, known) => downOf(compiled, document, known),
  }
}

/** What a function gave, or why it gave nothing. A thrown error's message may hold contents: only its class is told. */
type Tried<T> = { readonly value: T } | { readonly why: string }

function tried<T>(name: string, run: () => T): Tried<T> {
  try {
    return { value: run() }
  } catch (cause) {
    return { why: `${name}() threw ${cause instanceof Error ? `a ${cause.name}` : 'something'}` }
  }
}

interface Shape {
  /** Undefined where isNew() failed. */
  readonly isNew: boolean | undefined
  readonly stays: readonly string[]
}

function shapeOf({ marker, options: { isNew } }: CompiledTransform, fields: Fields): Shape {
  if (marker !== undefined) return { isNew: sameValue(fieldAt({ fields }, marker.path), marker.value), stays: [] }
  const told = tried('isNew', () => isNew?.(decodeFields(fields)))
  if ('why' in told) return { isNew: undefined, stays: [told.why] }
  return { isNew: told.value === true, stays: [] }
}

function upOf(compiled: CompiledTransform, document: Document): Verdict {
  const { marker, options } = compiled
  const shape = shapeOf(compiled, document.fields)
  if (shape.isNew !== false) return { changes: [], stays: shape.stays }
  const made = call(compiled, 'up', options.up, document)
  if ('why' in made) return { changes: [], stays: [made.why] }
  if (sameFields(made.value, document.fields)) return { changes: [], stays: [] }
  return settled(compiled, document, withMarker(made.value, marker), 'up')
}

/** The fields that a function makes, raw where it left them alone. */
function call(
  { pattern }: CompiledTransform,
  name: 'up' | 'down',
  run: TransformFunction,
  { name: documentName, fields }: Document,
): Tried<Fields> {
  const given = tried(name, (): unknown => run(decodeFields(fields), pattern.match(documentName) ?? {}))
  if ('why' in given) return given
  if (typeof given.value !== 'object' || given.value === null) return { why: `${name}() returned no document` }
  try {
    const value = mergeRaw({ mapValue: { fields } }, given.value)
    return 'mapValue' in value ? { value: value.mapValue.fields } : { why: `${name}() returned no document` }
  } catch {
    // The error names the place by the document's own keys, which may be contents.
    return { why: `${name}() returned something that Firestore cannot keep` }
  }
}

function withMarker(fields: Fields, marker: CompiledTransform['marker']): Fields {
  return marker === undefined ? fields : setAt(fields, marker.path, marker.value)
}

function setAt(fields: Fields, path: FieldPath, inner: Value | undefined): Fields {
  const value = withValueIn({ mapValue: { fields } }, path, inner)
  return value !== undefined && 'mapValue' in value ? value.mapValue.fields : {}
}

function sameFields(a: Fields, b: Fields): boolean {
  return sameValue({ mapValue: { fields: a } }, { mapValue: { fields: b } })
}

/** The changes, unless they would be made again at the next look, or touch what was not read. */
function settled(compiled: CompiledTransform, document: Document, after: Fields, way: 'up' | 'down'): Verdict {
  const changes = changesBetween(document.fields, after)
  const foreign = changes.find(({ path }) => !mayWrite(compiled, document, path))
  if (foreign !== undefined) {
    const top = printFieldPath(foreign.path.slice(0, 1))
    return { changes: [], stays: [`${way}() changes ${top}, which is not among the fields it may write`] }
  }
  const shape = shapeOf(compiled, after)
  if (shape.isNew === (way === 'up')) return { changes, stays: [] }
  const said = way === 'up' ? 'does not know' : 'takes for the new shape'
  return { changes: [], stays: shape.stays.length > 0 ? shape.stays : [`isNew() ${said} what ${way}() made`] }
}

/** Also a map that is not there yet, around a field that may be written. */
function mayWrite({ writable, marker }: CompiledTransform, document: Document, path: FieldPath): boolean {
  const isFree = fieldAt(document, path) === undefined
  return (
    writable === undefined ||
    writable.some((allowed) => isPrefix(allowed, path) || (isFree && isPrefix(path, allowed))) ||
    (marker !== undefined && isPrefix(marker.path, path))
  )
}

/** Our own writes are undone, the newest first; what others wrote in the new shape goes through `down`. */
function downOf(compiled: CompiledTransform, document: Document, { images, mixed }: KnownBack): Verdict {
  const first = shapeOf(compiled, document.fields)
  if (first.isNew !== true) return { changes: [], stays: first.stays }
  let { fields } = document
  for (const image of images.toReversed()) {
    const before = undone(fields, image)
    if (before === undefined) break
    fields = before
    if (shapeOf(compiled, fields).isNew !== true) return { changes: changesBetween(document.fields, fields), stays: [] }
  }
  if (mixed && images.length === 0) return { changes: [], stays: [] }
  const { down } = compiled.options
  return down === undefined
    ? { changes: stillOurs(document, images), stays: ['others changed it since, and there is no down(): that stays'] }
    : backBy(compiled, document, { down, images })
}

/** The fields as they were before the write, if they show all of it. */
function undone(fields: Fields, { before, after }: DocumentImage): Fields | undefined {
  let result = fields
  for (const [index, [path, value]] of after.entries()) {
    const was = before[index]?.[1] ?? undefined
    const isOurs = sameValue(fieldAt({ fields: result }, path), value ?? undefined)
    if (!isOurs || (was !== undefined && isBlocked({ fields: result }, path))) return undefined
    result = setAt(result, path, was)
  }
  return result
}

/** Each path that still shows what we wrote there, as it was before. */
function stillOurs(document: Document, images: readonly DocumentImage[]): readonly FieldChange[] {
  let { fields } = document
  const overtaken = new Set<string>()
  for (const image of images.toReversed()) {
    for (const [index, entry] of image.after.entries()) {
      const key = JSON.stringify(entry[0])
      const before = image.before[index]
      const one = before === undefined ? undefined : undone(fields, { ...image, before: [before], after: [entry] })
      if (one === undefined) overtaken.add(key)
      else if (!overtaken.has(key)) fields = one
    }
  }
  return changesBetween(document.fields, fields)
}

interface Back {
  readonly down: TransformFunction
  readonly images: readonly DocumentImage[]
}

function backBy(compiled: CompiledTransform, document: Document, { down, images }: Back): Verdict {
  const { marker } = compiled
  const made = call(compiled, 'down', down, document)
  if ('why' in made) return { changes: [], stays: [made.why] }
  const marked = marker === undefined ? undefined : beforeOf(images, marker.path)
  const unmarked = marker === undefined ? made.value : setAt(made.value, marker.path, marked)
  const verdict = settled(compiled, document, unmarked, 'down')
  return { ...verdict, changes: verdict.changes.map((change) => asBefore(change, images)) }
}

/** The raw value that was there before, where the function made the same of it. */
function asBefore(change: FieldChange, images: readonly DocumentImage[]): FieldChange {
  const before = beforeOf(images, change.path)
  return before !== undefined && change.value !== undefined && sameValue(shownOf(before), shownOf(change.value))
    ? { ...change, value: before }
    : change
}

/** What was at the path before our first write to it. */
function beforeOf(images: readonly DocumentImage[], path: FieldPath): Value | undefined {
  for (const image of images) {
    const index = image.after.findIndex(([each]) => each.length === path.length && isPrefix(each, path))
    if (index !== -1) return image.before[index]?.[1] ?? undefined
  }
  return undefined
}
