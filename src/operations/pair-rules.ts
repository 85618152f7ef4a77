import type { FieldPath, Value } from '../stores/documents.ts'
import { sameValue } from './field-path.ts'
import type { DocumentImage } from './document-hands.ts'
import { isPrefix, mergeThree, valueIn, withValueIn } from './value-tree.ts'

/** A field of a document, or with the path `[]` the document as a whole. */
export interface Place {
  readonly name: string
  readonly path: FieldPath
  /** The map of the document that goes when the last of its entries has been moved. */
  readonly container?: FieldPath
}

/** The other place of a thing that can have none: nothing is there, and nothing is ever written. */
export const nowhere: Place = Object.freeze({ name: '', path: [] })

/** How a value of the old shape is written in the new one, and back. Undefined where it cannot be. */
export interface Lens {
  readonly up: (value: Value) => Value | undefined
  readonly down: (value: Value) => Value | undefined
}

export const identity: Lens = { up: (value) => value, down: (value) => value }

/** The same thing in two places: where clients of the old shape have it and where those of the new one do. */
export interface Pair {
  readonly from: Place
  readonly to: Place
  readonly lens: Lens
  /** Why what is on this side cannot go to the other, in words: it stays, and is told of. */
  readonly obstacle?: { readonly side: 'from' | 'to'; readonly why: string } | undefined
}

/** What both places hold, and what this step last wrote there (undefined: it never did). */
export interface PairState {
  readonly old: Value | undefined
  readonly neu: Value | undefined
  /** What we left in the new place. */
  readonly base: { readonly value: Value | undefined } | undefined
  /** What was in the old place when we removed it. */
  readonly removed: Value | undefined
}

/** What is to become of one of the two places. `clashes`: both sides changed it, and the old place's value has won. */
export type Outcome =
  | { readonly act: 'leave' }
  | { readonly act: 'write'; readonly value: Value; readonly clashes: number }
  | { readonly act: 'remove' }
  | { readonly act: 'stuck'; readonly why: string }

const leave: Outcome = { act: 'leave' }
const remove: Outcome = { act: 'remove' }

function write(value: Value, clashes = 0): Outcome {
  return { act: 'write', value, clashes }
}

/** Both places say the same, in whichever direction that can be told. */
export function agree(old: Value, neu: Value, lens: Lens): boolean {
  return sameValue(lens.up(old), neu) || sameValue(lens.down(neu), old)
}

/**
 * What the new place has to become. Clients of the new shape write both places, so where the two disagree and nothing
 * else is known, an old client was there last. What we wrote ourselves (the base) tells who changed what otherwise.
 */
export function carry({ old, neu, base, removed }: PairState, lens: Lens): Outcome {
  if (old === undefined) {
    const deletedByOthers = removed === undefined && base !== undefined
    return deletedByOthers && neu !== undefined && sameValue(neu, base.value) ? remove : leave
  }
  if (neu !== undefined && agree(old, neu, lens)) return leave
  const up = lens.up(old)
  if (up === undefined) return { act: 'stuck', why: 'it cannot be converted without loss' }
  // Gone from the new place, or changed only there: others did that, after us.
  if (base !== undefined && sameValue(up, base.value)) return leave
  if (neu === undefined || base === undefined || sameValue(neu, base.value)) return write(up)
  const { value, clashes } = mergeThree(base.value, up, neu)
  return value === undefined ? remove : write(value, clashes.length)
}

/** What the old place has to become on the way back: what clients of the new shape changed since is converted back. */
export function giveBack(state: PairState, lens: Lens): Outcome {
  const { old, neu, base } = state
  if (old === undefined) return neu === undefined ? leave : revive(state, neu, lens)
  const up = lens.up(old)
  if (neu === undefined) return base?.value !== undefined && sameValue(up, base.value) ? remove : leave
  // Of two that cannot be compared the old place's stays, as it does where clients of both shapes changed the same.
  if (agree(old, neu, lens) || up === undefined || base === undefined || sameValue(neu, base.value)) return leave
  const merged = sameValue(up, base.value) ? { value: neu, clashes: [] } : mergeThree(base.value, up, neu)
  return converted(merged.value, lens, merged.clashes.length)
}

/** Nothing in the old place: removed by us, deleted by others, or never there. */
function revive({ base, removed }: PairState, neu: Value, lens: Lens): Outcome {
  const ours = base !== undefined && sameValue(neu, base.value)
  if (removed !== undefined && (ours || agree(removed, neu, lens))) return write(removed)
  return ours ? leave : converted(neu, lens, 0)
}

function converted(neu: Value | undefined, lens: Lens, clashes: number): Outcome {
  const down = neu === undefined ? undefined : lens.down(neu)
  return down === undefined ? { act: 'stuck', why: 'it cannot be converted back' } : write(down, clashes)
}

/** On the way back, once the old place has what it should: true where the new place holds nothing of its own. */
export function mayGo({ old, neu, base }: PairState, lens: Lens): boolean {
  if (neu === undefined) return false
  const ours = base !== undefined && sameValue(neu, base.value)
  if (old === undefined) return ours
  if (ours || base === undefined || agree(old, neu, lens)) return true
  const up = lens.up(old)
  const { value, clashes } = mergeThree(base.value, up, neu)
  return clashes.length === 0 && sameValue(value, up)
}

/** What the images say of a pair. They are of one unit, oldest first. */
export function rememberedOf(
  images: readonly DocumentImage[],
  { from, to }: Pair,
): Pick<PairState, 'base' | 'removed'> {
  return { base: lastWritten(images, to), removed: lastRemoved(images, from) }
}

/** What the images leave in a place, if they touch all of it. */
function lastWritten(images: readonly DocumentImage[], place: Place): PairState['base'] {
  let base: PairState['base']
  for (const image of images) {
    if (image.name !== place.name) continue
    for (const [path, after] of image.after) {
      const value = after ?? undefined
      if (isPrefix(path, place.path)) base = { value: valueIn(value, place.path.slice(path.length)) }
      else if (base !== undefined && isPrefix(place.path, path))
        base = { value: withValueIn(base.value, path.slice(place.path.length), value) }
    }
  }
  return base
}

/** What the newest image that emptied the place found there; undefined when a later one filled it again. */
function lastRemoved(images: readonly DocumentImage[], place: Place): Value | undefined {
  for (const image of images.toReversed()) {
    if (image.name !== place.name) continue
    for (const [index, [path, after]] of image.after.entries()) {
      if (!isPrefix(path, place.path)) continue
      const rest = place.path.slice(path.length)
      if (valueIn(after ?? undefined, rest) !== undefined) return undefined
      return valueIn(image.before[index]?.[1] ?? undefined, rest)
    }
  }
  return undefined
}
