import type { Document, FieldChange, FieldPath, Fields, Value } from '../../../stores/documents.ts'
import { isConverted } from '../../conversions/conversion.ts'
import type { FieldType } from '../../conversions/conversion.ts'
import { fieldAt, sameValue } from '../../field-path.ts'
import { changeMaps, fixedPath, hasLists, mapsOf } from '../../field-spread.ts'
import type { DocumentImage } from '../../document-hands.ts'
import type { InPlace, Known, KnownBack, Verdict } from '../../in-place.ts'
import { valueIn, withValueIn } from '../../value-tree.ts'
import type { CompiledConversion } from './convert-spec.ts'
import { whyOf } from './losses.ts'

/** A value of either type could be of the other too. */
export function isAmbiguous({ from, to }: { readonly from: FieldType; readonly to: FieldType }): boolean {
  const numbers = ['int', 'double']
  return from === to || (from === 'number' && numbers.includes(to)) || (to === 'number' && numbers.includes(from))
}

/** The field converted where it is: told by its type, by the marker, or by nothing but the pre-images. */
export function convertInPlace(compiled: CompiledConversion): InPlace {
  const { pattern, field, marker, conversion } = compiled
  const blind = marker === undefined && isAmbiguous(conversion)
  const top = (path: FieldPath): FieldPath => path.slice(0, 1)
  const fixed = [fixedPath(field), ...(marker === undefined ? [] : [fixedPath(marker.field)])]
  const tops = [...new Map(fixed.map((path) => [path[0], top(path)])).values()]
  const up = (site: Site, known: Known): Verdict =>
    blind ? knownOnly(compiled, site, known) : conversionOf(compiled, site)
  return {
    pattern,
    fields: fixed.some((path) => path.length === 0) ? undefined : tops,
    blind,
    up: (document, known) => together(sitesOf(compiled, document).map((site) => up(site, known))),
    down: (document, known) =>
      together(
        sitesOf(compiled, document).map((site) =>
          blind ? backByImage(compiled, site, known) : wayBack(compiled, site, { name: document.name, known }),
        ),
      ),
    isNew: (document) => !blind && sitesOf(compiled, document).some(({ value }) => hasNew(compiled, value)),
  }
}

function together(verdicts: readonly Verdict[]): Verdict {
  const changes = verdicts.flatMap((verdict) => verdict.changes)
  const paths = new Map(changes.map((change) => [JSON.stringify(change.path), change]))
  return { changes: [...paths.values()], stays: verdicts.flatMap(({ stays }) => stays) }
}

/** What is converted and written as one: a map that holds the field, or a list with all its members. */
interface Site {
  readonly document: Document
  readonly at: FieldPath
  /** What is written of it: the field and the marker, or, `[]`, the list. */
  readonly parts: readonly FieldPath[]
  readonly value: Value
}

function sitesOf({ field, marker }: CompiledConversion, document: Document): readonly Site[] {
  if (hasLists(field)) {
    const at = fixedPath(field)
    const value = fieldAt(document, at)
    return value === undefined ? [] : [{ document, at, parts: [[]], value }]
  }
  const parts = [field.path, ...(marker === undefined ? [] : [marker.field.path])]
  return mapsOf(document, field).flatMap((at) => {
    const value = fieldAt(document, at)
    return value === undefined ? [] : [{ document, at, parts, value }]
  })
}

function verdictOf(site: Site, value: Value, stays: readonly string[]): Verdict {
  const changes = site.parts.flatMap((part): readonly FieldChange[] => {
    const after = valueIn(value, part)
    return sameValue(valueIn(site.value, part), after) ? [] : [{ path: [...site.at, ...part], value: after }]
  })
  return { changes, stays }
}

/** Every map of the site that holds the field, changed. */
function eachMap({ field }: CompiledConversion, value: Value, change: (fields: Fields) => Fields): Value {
  if (hasLists(field)) return changeMaps(value, field, change)
  return 'mapValue' in value ? { mapValue: { fields: change(value.mapValue.fields) } } : value
}

function isNew({ field, marker, conversion }: CompiledConversion, fields: Fields): boolean {
  if (marker !== undefined) return sameValue(fieldAt({ fields }, marker.field.path), marker.value)
  const value = fieldAt({ fields }, field.path)
  return value !== undefined && isConverted(value, conversion) === true
}

/** Whether a part of the site is in the new shape; null, where types tell, is of both. */
function hasNew(compiled: CompiledConversion, site: Value, orNull = false): boolean {
  let found = false
  eachMap(compiled, site, (fields) => {
    const value = fieldAt({ fields }, compiled.field.path)
    const isNull = compiled.marker === undefined && value !== undefined && 'nullValue' in value
    found ||= isNew(compiled, fields) && (orNull || !isNull)
    return fields
  })
  return found
}

function conversionOf(compiled: CompiledConversion, site: Site): Verdict {
  const stays: string[] = []
  const value = eachMap(compiled, site.value, (fields) =>
    isNew(compiled, fields) ? fields : converted(compiled, fields, { way: 'up', stays }),
  )
  return verdictOf(site, value, stays)
}

interface Way {
  readonly way: 'up' | 'down'
  readonly stays: string[]
}

/** The map with its value converted and marked, or the mark taken away; null and what is absent need no mark. */
function converted(compiled: CompiledConversion, fields: Fields, { way, stays }: Way): Fields {
  const { field, marker, conversion } = compiled
  const value = fieldAt({ fields }, field.path)
  const result = value === undefined ? undefined : conversion[way](value)
  if (result?.loss !== undefined) {
    stays.push(whyOf(field.text, result.loss, way))
    return fields
  }
  const marked = way === 'up' && value !== undefined && !('nullValue' in value) ? marker?.value : undefined
  const after = result === undefined ? fields : withAt(fields, field.path, result.value)
  return marker === undefined || (way === 'up' && marked === undefined)
    ? after
    : withAt(after, marker.field.path, marked)
}

function withAt(fields: Fields, path: FieldPath, inner: Value | undefined): Fields {
  if (inner === undefined && fieldAt({ fields }, path) === undefined) return fields
  const value = withValueIn({ mapValue: { fields } }, path, inner)
  return value !== undefined && 'mapValue' in value ? value.mapValue.fields : {}
}

interface Back {
  readonly name: string
  readonly known: KnownBack
}

/** Our own writes are undone, the newest first; what others wrote in the new shape is converted back. */
function wayBack(compiled: CompiledConversion, site: Site, { known: { images, mixed } }: Back): Verdict {
  let value = site.value
  for (const image of images.toReversed()) {
    if (!hasNew(compiled, value, true)) break
    value = undone(site, value, image) ?? value
  }
  const stays: string[] = []
  if (!hasNew(compiled, value) || (mixed && !images.some((image) => touches(site, image))))
    return verdictOf(site, value, stays)
  const back = eachMap(compiled, value, (fields) =>
    isNew(compiled, fields) ? converted(compiled, fields, { way: 'down', stays }) : fields,
  )
  return verdictOf(site, back, stays)
}

function touches(site: Site, image: DocumentImage): boolean {
  return entriesOf(site, image).length > 0
}

function entriesOf({ at, parts }: Site, { before, after }: DocumentImage) {
  return parts.flatMap((part) => {
    const key = JSON.stringify([...at, ...part])
    const index = after.findIndex(([path]) => JSON.stringify(path) === key)
    if (index === -1) return []
    return [{ part, before: before[index]?.[1] ?? undefined, after: after[index]?.[1] ?? undefined }]
  })
}

/** The site as it was before the write, if it shows all that was written; undefined where it does not. */
function undone(site: Site, value: Value, image: DocumentImage): Value | undefined {
  const entries = entriesOf(site, image)
  if (entries.length === 0 || !entries.every(({ part, after }) => sameValue(valueIn(value, part), after)))
    return undefined
  return entries.reduce<Value | undefined>((result, { part, before }) => withValueIn(result, part, before), value)
}

const unknown = (field: string): string =>
  `${field} was written by others since the backfill began, and nothing tells in which shape: it stays as they left it`

/**
 * Converts what was there before anyone could know of the new shape, once: what we wrote is known by its pre-image,
 * and whatever else came later may be of either shape.
 */
function knownOnly(compiled: CompiledConversion, site: Site, { images, since }: Known): Verdict {
  const written = images.findLast((image) => touches(site, image))
  const nothing: Verdict = { changes: [], stays: [] }
  const doubt: Verdict = { changes: [], stays: [unknown(compiled.field.text)] }
  if (written !== undefined) return undone(site, site.value, written) === undefined ? doubt : nothing
  const verdict = conversionOf(compiled, site)
  if (since === undefined || site.document.updateTime <= since) return verdict
  return verdict.changes.length + verdict.stays.length === 0 ? nothing : doubt
}

/** Only what still shows our one write goes back. */
function backByImage(compiled: CompiledConversion, site: Site, { images }: KnownBack): Verdict {
  const written = images.find((image) => touches(site, image))
  const stays = [unknown(compiled.field.text)]
  if (written === undefined) {
    const { changes } = conversionOf(compiled, site)
    return { changes: [], stays: changes.length === 0 ? [] : stays }
  }
  const before = undone(site, site.value, written)
  if (before !== undefined) return verdictOf(site, before, [])
  const isBack = entriesOf(site, written).every((entry) => sameValue(valueIn(site.value, entry.part), entry.before))
  return { changes: [], stays: isBack ? [] : stays }
}
