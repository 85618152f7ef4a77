import type { Value } from '../stores/documents.ts'
import type { DocumentImage } from './document-hands.ts'
import { sameValue } from './field-path.ts'
import type { Pair, PairState, Place } from './pair-rules.ts'
import { isPrefix, mergeThree, valueIn, withValueIn } from './value-tree.ts'

/**
 * What the images say of a pair. They are of one unit, oldest first. A removal is as good as a write to the new place:
 * when it came last, the new place stood for what was removed.
 */
export function rememberedOf(
  images: readonly DocumentImage[],
  { from, to, lens, shared }: Pair,
): Pick<PairState, 'base' | 'removed' | 'shared'> {
  if (images.length === 0) return { base: undefined, removed: undefined, shared }
  const written = lastWritten(images, to)
  const emptied = lastEmptied(images, from)
  const stood = emptied === undefined ? undefined : lens.up(emptied.value)
  const isNewer = emptied !== undefined && emptied.at > (written?.at ?? -1)
  return { base: isNewer && stood !== undefined ? { value: stood } : written, removed: emptied?.value, shared }
}

type Numbered = readonly [at: number, image: DocumentImage]

/** A unit has an image for each of its documents and asks for each place: the index keeps that from growing squared. */
const indexes = new WeakMap<readonly DocumentImage[], ReadonlyMap<string, readonly Numbered[]>>()

/** The images of one document with their number among all, oldest first. */
export function imagesOf(images: readonly DocumentImage[], name: string): readonly Numbered[] {
  if (images.length === 0) return []
  const index = indexes.get(images) ?? indexOf(images)
  indexes.set(images, index)
  return index.get(name) ?? []
}

function indexOf(images: readonly DocumentImage[]): ReadonlyMap<string, readonly Numbered[]> {
  const index = new Map<string, Numbered[]>()
  for (const [at, image] of images.entries()) {
    const found = index.get(image.name)
    if (found === undefined) index.set(image.name, [[at, image]])
    else found.push([at, image])
  }
  return index
}

/**
 * What our own writes make of a place, if they touch all of it, and which of them did last. Each counts by what it
 * changed there: where it merged what others had written, that is not taken for something the old place ever held, or
 * the next look would take it back.
 */
function lastWritten(
  images: readonly DocumentImage[],
  place: Place,
): { readonly value: Value | undefined; readonly at: number } | undefined {
  let base: { readonly value: Value | undefined; readonly at: number } | undefined
  for (const [at, image] of imagesOf(images, place.name)) {
    for (const [index, [path, after]] of image.after.entries()) {
      const was = image.before[index]?.[1] ?? undefined
      const now = after ?? undefined
      if (isPrefix(path, place.path)) {
        const rest = place.path.slice(path.length)
        const left = valueIn(now, rest)
        base = { value: base === undefined ? left : mergeThree(valueIn(was, rest), left, base.value).value, at }
      } else if (base !== undefined && isPrefix(place.path, path)) {
        const below = path.slice(place.path.length)
        const { value } = mergeThree(was, now, valueIn(base.value, below))
        base = { value: withValueIn(base.value, below, value), at }
      }
    }
  }
  return base
}

/** The value of a place with our own writes to it undone, as far as nobody wrote there after them. */
export function withoutOurs(images: readonly DocumentImage[], place: Place, now: Value | undefined): Value | undefined {
  let value = now
  const overtaken = new Set<string>()
  for (const [, image] of imagesOf(images, place.name).toReversed()) {
    for (const [index, [path, after]] of image.after.entries()) {
      const key = JSON.stringify(path)
      if (!isPrefix(place.path, path) || overtaken.has(key)) continue
      const rest = path.slice(place.path.length)
      if (sameValue(valueIn(value, rest), after ?? undefined))
        value = withValueIn(value, rest, image.before[index]?.[1] ?? undefined)
      else overtaken.add(key)
    }
  }
  return value
}

/** What the newest image that emptied the place found there; undefined when a later one filled it again. */
function lastEmptied(
  images: readonly DocumentImage[],
  place: Place,
): { readonly value: Value; readonly at: number } | undefined {
  for (const [at, image] of imagesOf(images, place.name).toReversed()) {
    for (const [index, [path, after]] of image.after.entries()) {
      if (!isPrefix(path, place.path)) continue
      const rest = place.path.slice(path.length)
      if (valueIn(after ?? undefined, rest) !== undefined) return undefined
      const value = valueIn(image.before[index]?.[1] ?? undefined, rest)
      return value === undefined ? undefined : { value, at }
    }
  }
  return undefined
}
