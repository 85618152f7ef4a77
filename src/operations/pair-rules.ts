import type { FieldPath, Value } from '../stores/documents.ts'
import { sameValue } from './field-path.ts'
import { mergeThree } from './value-tree.ts'

/** A field of a document, or with the path `[]` the document as a whole. */
export interface Place {
  readonly name: string
  readonly path: FieldPath
  /** The map of the document that goes when the last of its entries has been moved. */
  readonly container?: FieldPath
}

/** The other place of a thing that can have none: nothing is there, and its lens lets nothing go there. */
export const nowhere: Place = Object.freeze({ name: '', path: [] })

/** How a value of the old shape is written in the new one, and back. Undefined where it cannot be. */
export interface Lens {
  readonly up: (value: Value) => Value | undefined
  readonly down: (value: Value) => Value | undefined
  /**
   * What a client of the new shape writes to the old place, where `down` would lose something: as near as the old shape
   * can say it. Without it clients write what `down` gives.
   */
  readonly nearest?: (value: Value) => Value | undefined
  /** Why `up` or `down` gives nothing for a value, in words and without the value. */
  readonly why?: (value: Value, way: 'up' | 'down') => string | undefined
}

export const identity: Lens = { up: (value) => value, down: (value) => value }

/** The same thing in two places: where clients of the old shape have it and where those of the new one do. */
export interface Pair {
  readonly from: Place
  readonly to: Place
  readonly lens: Lens
  /**
   * Clients of the old shape know the document of the new place: they delete it, or write it whole, without a thought
   * of what else is in it. That the new place holds nothing does not say that somebody deleted that.
   */
  readonly shared?: boolean
  /**
   * The old shape cannot say everything: clients of the new one then write the new place alone and empty the old one.
   * That the old place holds nothing does not say that somebody deleted that.
   */
  readonly gaps?: boolean
}

/**
 * Whoever wrote the new place last, where that can be told: a client that wrote both places in one write (or we), or
 * one that writes the new place alone, later than anybody wrote the old one.
 */
export type Hand = 'both' | 'new'

/** What both places hold, and what this step last wrote there (undefined: it never did). */
export interface PairState {
  readonly old: Value | undefined
  readonly neu: Value | undefined
  /** What the new place would hold had nobody but us written there: what it got of the old one. */
  readonly base: { readonly value: Value | undefined } | undefined
  /** What was in the old place when we removed it. */
  readonly removed: Value | undefined
  /** As the pair has it. */
  readonly shared?: boolean | undefined
  readonly last?: Hand | undefined
  /** The old place held something when the new one was written last. */
  readonly hadOld?: boolean | undefined
  /** The new place said what the old one says, and that has not been written since: others changed or emptied the new. */
  readonly stood?: boolean | undefined
  /** The new place alone holds it, and nothing tells whether it ever was in the old one. */
  readonly unsure?: boolean | undefined
}

/**
 * What is to become of one of the two places. `clashes`: both sides changed it, and one has won. `firm`: others wrote
 * what is lost by it, so it holds only as long as the other place is as it was read.
 */
export type Outcome =
  | { readonly act: 'leave'; readonly clashes?: number }
  | { readonly act: 'write'; readonly value: Value; readonly clashes: number; readonly firm?: boolean }
  | { readonly act: 'remove'; readonly firm?: boolean }
  | { readonly act: 'stuck'; readonly why: string }

const leave: Outcome = { act: 'leave' }
const remove: Outcome = { act: 'remove' }

function write(value: Value, clashes = 0): Outcome {
  return { act: 'write', value, clashes }
}

/** Both places say the same, in whichever direction that can be told. */
export function agree(old: Value, neu: Value, lens: Lens): boolean {
  return sameValue(lens.up(old), neu) || sameValue((lens.nearest ?? lens.down)(neu), old)
}

/** Whose word counts where nothing tells who was last. */
export type Trusted = 'old' | 'new'

/**
 * What the new place has to become. As long as clients of the new shape write both places, where the two disagree and
 * nothing else is known, an old client was there last; once they write the new one alone, it is the new one that is
 * trusted. What we wrote ourselves (the base) tells who changed what otherwise.
 */
export function carry(state: PairState, lens: Lens, trusted: Trusted = 'old'): Outcome {
  const { old, neu, last } = state
  if (trusted === 'old' && last === 'both') return followOld(state, lens)
  if (old === undefined) return trusted === 'old' && last !== 'new' ? follow(state) : leave
  if (isLastWord(state, trusted) || (neu !== undefined && agree(old, neu, lens))) return leave
  const up = lens.up(old)
  if (up === undefined) return stuck(old, lens, 'up')
  if (isTheirs(state, up, trusted)) return leave
  const outcome = taken(state, up, last === 'new' ? 'new' : trusted)
  // Of what we write to the new place from then on, its time tells: it is what the old one said at that moment.
  return trusted === 'new' && outcome.act === 'write' ? { ...outcome, firm: true } : outcome
}

/** The new place stays, whatever the old one says: it is the newer, or trusted, and holds nothing that is to be merged. */
function isLastWord({ neu, base, last }: PairState, trusted: Trusted): boolean {
  if (neu === undefined) return false
  if (base === undefined) return last === 'new' || trusted === 'new'
  return last === 'new' && sameValue(neu, base.value)
}

function taken({ neu, base }: PairState, up: Value, trusted: Trusted): Outcome {
  return neu === undefined || base === undefined ? write(up) : merged({ up, neu, base: base.value }, trusted)
}

/** Whoever wrote the new place wrote the old one too: what that says now is the last word. */
function followOld(state: PairState, lens: Lens): Outcome {
  const { old, neu, base } = state
  const firm = neu !== undefined && (base === undefined || !sameValue(neu, base.value))
  if (old === undefined) return isDeleted(state, lens) ? { act: 'remove', firm } : follow(state)
  if (neu !== undefined && agree(old, neu, lens)) return leave
  const up = lens.up(old)
  return up === undefined ? stuck(old, lens, 'up') : { act: 'write', value: up, clashes: 0, firm }
}

/** Somebody who knows the old place alone took away what was in both. */
function isDeleted({ old, neu, removed, hadOld }: PairState, lens: Lens): boolean {
  return (
    hadOld === true && old === undefined && removed === undefined && neu !== undefined && lens.down(neu) !== undefined
  )
}

/** Gone from the new place, or changed only there: others did that, after us. */
function isTheirs(state: PairState, up: Value, trusted: Trusted): boolean {
  const { neu, shared } = state
  if (!stoodFor(state, up)) return false
  return neu !== undefined || shared !== true || trusted === 'new'
}

/** The old place is empty. Where others emptied it, what they did not change of the new one goes too. */
function follow({ neu, base, removed }: PairState): Outcome {
  const deletedByOthers = removed === undefined && base !== undefined
  return deletedByOthers && neu !== undefined && sameValue(neu, base.value) ? remove : leave
}

interface Sides {
  readonly base: Value | undefined
  readonly up: Value
  readonly neu: Value
}

/** The old place changed since we wrote the new one, and that may have changed too. */
function merged({ base, up, neu }: Sides, trusted: Trusted): Outcome {
  const { value, clashes } = trusted === 'old' ? mergeThree(base, up, neu) : mergeThree(base, neu, up)
  if (sameValue(value, neu)) return clashes.length === 0 ? leave : { act: 'leave', clashes: clashes.length }
  return value === undefined ? remove : write(value, clashes.length)
}

/** What the old place has to become on the way back: what clients of the new shape changed since is converted back. */
export function giveBack(state: PairState, lens: Lens): Outcome {
  const { old, neu, base } = state
  if (state.last === 'both' && (old !== undefined || isDeleted(state, lens))) return leave
  if (old === undefined) return neu === undefined ? leave : revive(state, neu, lens)
  const up = lens.up(old)
  if (neu === undefined) return state.shared !== true && stoodFor(state, up) ? remove : leave
  // Of two that cannot be compared the old place's stays, as it does where clients of both shapes changed the same.
  if (agree(old, neu, lens) || up === undefined) return leave
  if (isLater(state)) return giveBackLater({ ...state, neu, up }, lens)
  if (base === undefined || sameValue(neu, base.value)) return leave
  const merged = sameValue(up, base.value) ? { value: neu, clashes: [] } : mergeThree(base.value, up, neu)
  return converted(merged.value, lens, merged.clashes.length)
}

/** What the old place says is what the new one said before others emptied that. */
function stoodFor({ base, stood }: PairState, up: Value | undefined): boolean {
  return up !== undefined && (stood === true || (base !== undefined && sameValue(up, base.value)))
}

/** The new place was written later than the old one. */
function isLater({ last, stood }: PairState): boolean {
  return last === 'new' || stood === true
}

/** The new place was written after the old one, by a client that writes it alone: what both changed is as that says. */
function giveBackLater(state: PairState & { readonly neu: Value; readonly up: Value }, lens: Lens): Outcome {
  const { neu, up, base, stood } = state
  if (base === undefined || stood === true || sameValue(neu, base.value)) return converted(neu, lens, 0)
  const { value, clashes } = mergeThree(base.value, neu, up)
  return converted(value, lens, clashes.length)
}

/** Nothing in the old place: removed by us, deleted by others, or never there. */
function revive(state: PairState, neu: Value, lens: Lens): Outcome {
  const { base, removed } = state
  const ours = base !== undefined && sameValue(neu, base.value)
  if (removed !== undefined && (ours || agree(removed, neu, lens))) return write(removed)
  return ours && !isLater(state) ? leave : converted(neu, lens, 0)
}

function converted(neu: Value | undefined, lens: Lens, clashes: number): Outcome {
  const down = neu === undefined ? undefined : lens.down(neu)
  return down === undefined ? stuck(neu, lens, 'down') : write(down, clashes)
}

function stuck(value: Value | undefined, { why }: Lens, way: 'up' | 'down'): Outcome {
  const told = value === undefined ? undefined : why?.(value, way)
  return { act: 'stuck', why: told ?? `it cannot be converted ${way === 'up' ? 'without loss' : 'back'}` }
}

/** On the way back, once the old place has what it should: true where the new place holds nothing of its own. */
export function mayGo(state: PairState, lens: Lens): boolean {
  const { old, neu, base, last } = state
  if (neu === undefined) return false
  if (last === 'both' && (old !== undefined || isDeleted(state, lens))) return true
  const ours = base !== undefined && sameValue(neu, base.value)
  if (old === undefined) return ours && !isLater(state)
  if (ours || base === undefined || agree(old, neu, lens)) return true
  const up = lens.up(old)
  const { value, clashes } = mergeThree(base.value, up, neu)
  return clashes.length === 0 && sameValue(value, up)
}
