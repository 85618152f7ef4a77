import type { Json } from '../kernel/canonical-json.ts'
import type { Document, FieldPath } from '../stores/documents.ts'
import { documentLimits, documentSize } from './document-limits.ts'
import { pagesInOrder, parseRange } from './document-pages.ts'
import type { DocumentEdit, DocumentHands, DocumentImage } from './document-hands.ts'
import type { Checkpoint, Work } from './operation.ts'
import { isNoneAlone, knownOf } from './last-hand.ts'
import type { Clients } from './last-hand.ts'
import { imagesOf, withoutOurs } from './pair-memory.ts'
import { carry, giveBack, mayGo } from './pair-rules.ts'
import type { Outcome, Pair, PairState, Place } from './pair-rules.ts'
import { createPlaceWrites, resultOf } from './pair-edits.ts'
import type { PlaceWrites } from './pair-edits.ts'
import { projectionOf, reloadUnits, scopeOf, unitsOfPage } from './relocation.ts'
import type { Act, PairUnit, Relocation, Side } from './relocation.ts'
import { sameValue } from './field-path.ts'
import { isPrefix } from './value-tree.ts'

export interface RelocationScope {
  readonly side: Side
  readonly act: Act
  /** Places were looked at before: what is made now holds only if what it is made of is still there. */
  readonly again?: boolean
}

function parseRelocationScope(scope: Json): RelocationScope {
  const given = typeof scope === 'object' && scope !== null && !Array.isArray(scope) ? scope : {}
  const { side, act, again } = given as { readonly side?: Json; readonly act?: Json; readonly again?: Json }
  const acts = ['carry', 'trail', 'remove', 'restore', 'retire'] as const
  return {
    side: side === 'to' ? 'to' : 'from',
    act: acts.find((each) => each === act) ?? 'carry',
    again: again === true,
  }
}

/** Walks one side of a shard in name order, with the other side read for it, and settles the pairs page by page. */
export async function* relocate(
  work: Work<unknown>,
  hands: DocumentHands,
  relocation: Relocation,
): AsyncGenerator<Checkpoint> {
  const { side, act, again } = parseRelocationScope(work.scope)
  const { documents } = hands
  const range = parseRange(work.scope)
  const from = typeof work.cursor === 'string' ? { ...range, after: work.cursor } : range
  const fields = projectionOf(relocation, side)
  // The first pass looks before clients can have done much: whatever they do meanwhile is left to the next.
  const clients = again === true ? clientsOf(work) : undefined
  const found = documents.scan(scopeOf(relocation, side), from, {
    ...(fields === undefined ? {} : { fields }),
    signal: work.signal,
  })
  const copies = again !== true && act === 'carry' && side === 'from'
  // In the copy new places are not read before they are made, until some prove to be there.
  let presumes = copies
  yield* pagesInOrder(found, async (page: readonly Document[]) => {
    const units = await unitsOfPage(relocation, side, page, {
      documents,
      images: (keys) => hands.images(keys),
      clients,
      presumes,
      copies,
    })
    const told = createNotes()
    const result = await hands.settle<PairUnit>({
      units,
      edits: (unit) => editsOf(relocation, unit, act, told),
      reload: (some) => reloadUnits(relocation, some, documents),
    })
    told.tell(hands)
    presumes &&= result.conflicts <= page.length / 10
    return { ...result, cursor: page.at(-1)?.name ?? null }
  })
}

function clientsOf({ told = {}, memo }: Work<unknown>): Clients {
  return { told, noneAlone: isNoneAlone(memo) }
}

/** Why documents are not as they should be, by reason. */
export interface Notes {
  add(name: string, why: string): void
  tell(hands: Pick<DocumentHands, 'kept'>): void
}

function createNotes(): Notes {
  const notes = new Map<string, Set<string>>()
  return {
    add(name, why) {
      notes.set(why, (notes.get(why) ?? new Set()).add(name))
    },
    tell(hands) {
      for (const [why, names] of notes) hands.kept([...names], why)
    },
  }
}

/** What has to become of the documents of a unit. Pure. */
export function editsOf(relocation: Relocation, unit: PairUnit, act: Act, notes: Notes): readonly DocumentEdit[] {
  const writes = createPlaceWrites(unit)
  for (const pair of relocation.pairs(unit)) settlePair({ relocation, unit, pair, writes, notes }, act)
  for (const { path, change } of relocation.lists ?? []) {
    const place = { name: unit.key, path }
    const value = act === 'retire' ? withoutOurs(unit.images, place, writes.at(place)) : writes.at(place)
    if (value !== undefined)
      writes.set(
        place,
        change(value, act, (why) => notes.add(unit.key, why)),
      )
  }
  if (act === 'retire' && relocation.container !== undefined) takeOutEmpty(writes, unit.key, relocation.container)
  const edits = writes.edits()
  return act === 'restore' ? edits.filter((edit) => fits(edit, notes)) : edits
}

function takeOutEmpty(writes: PlaceWrites, name: string, path: FieldPath): void {
  const value = writes.at({ name, path })
  if (value !== undefined && 'mapValue' in value && Object.keys(value.mapValue.fields).length === 0)
    writes.set({ name, path }, undefined)
}

/** Forward the plan has seen to it; back there may be more than ever was. */
function fits(edit: DocumentEdit, notes: Notes): boolean {
  const { name, fields } = resultOf(edit)
  if (documentSize(name, fields) <= documentLimits.document) return true
  notes.add(name, 'it would be larger than 1 MiB, and stays as it is')
  return false
}

interface Settling {
  readonly relocation: Relocation
  readonly unit: PairUnit
  readonly pair: Pair
  readonly writes: PlaceWrites
  readonly notes: Notes
}

function stateOf({ unit, pair, writes }: Settling): PairState {
  return { old: writes.at(pair.from), neu: writes.at(pair.to), ...knownOf(unit, pair, unit.clients) }
}

function settlePair(settling: Settling, act: Act): void {
  const { pair, relocation } = settling
  // One write changes both places where both are in one document.
  const together = relocation.satellites === undefined
  const forward = act === 'carry' || act === 'trail' || act === 'remove'
  const written = forward
    ? perform(settling, pair.to, carry(stateOf(settling), pair.lens, act === 'carry' ? 'old' : 'new'))
    : act === 'retire' && !together
      ? 'left'
      : bringBack(settling)
  // Elsewhere than in one document, nothing goes before a later look has seen what stands for it.
  if (
    act === 'carry' ||
    act === 'trail' ||
    act === 'restore' ||
    written === 'stuck' ||
    (written === 'changed' && !together)
  )
    return
  empty(settling, act)
}

function bringBack(settling: Settling): 'left' | 'changed' | 'stuck' {
  const { pair, notes } = settling
  const state = stateOf(settling)
  const outcome = giveBack(state, pair.lens)
  if (state.unsure === true && state.old === undefined && outcome.act === 'write') notes.add(pair.from.name, foundAlone)
  return perform(settling, pair.from, outcome)
}

const foundAlone =
  'only the new place had it, so it comes back; if a client of the old shape had deleted it in the old place, delete it again'

const goneToo = 'a client of the old shape deleted what it had in the old place too, so it goes'

const clashed = 'clients of both shapes changed the same field differently: one of them has won'

function perform(settling: Settling, place: Place, outcome: Outcome): 'left' | 'changed' | 'stuck' {
  const { writes, notes, pair } = settling
  const other = place === pair.to ? pair.from : pair.to
  switch (outcome.act) {
    case 'leave':
      if (outcome.clashes !== undefined && outcome.clashes > 0) notes.add(pair.from.name, clashed)
      return 'left'
    case 'remove':
      // Of what is around it only what we made goes: that others emptied the rest is theirs to say.
      vacate(settling, { name: place.name, path: place.path }, outcome.firm === true ? other.name : place.name)
      if (outcome.firm === true) notes.add(place.name, goneToo)
      return 'changed'
    case 'write': {
      if (writes.isBlocked(place)) {
        notes.add(place.name, 'something that is not a map is in the way, and stays')
        return 'stuck'
      }
      // Where nothing is, no version tells of the other place's end.
      const asked = outcome.firm === true || writes.at(place) === undefined
      writes.set(place, outcome.value, asked ? other.name : place.name)
      if (outcome.clashes > 0) notes.add(pair.from.name, clashed)
      return 'changed'
    }
    case 'stuck':
      notes.add(other.name, `it stays as it is: ${outcome.why}`)
      return 'stuck'
  }
}

function empty(settling: Settling, act: 'remove' | 'retire'): void {
  const { pair, notes } = settling
  const state = stateOf(settling)
  if (act === 'remove') {
    if (state.old !== undefined) vacate(settling, pair.from)
  } else if (mayGo(state, pair.lens)) {
    vacate(settling, pair.to)
    const ours = state.base !== undefined && sameValue(state.base.value, state.neu)
    if (state.old === undefined && !ours) notes.add(pair.to.name, goneToo)
  } else if (state.neu !== undefined)
    notes.add(pair.to.name, 'others changed it since, and the old place says something else: it stays as they left it')
}

/**
 * Takes the value out, and with it what is left empty around it: the map whose entries are moved, maps that our own
 * write made on the way, and a document that it created, unless only a part of that was read.
 */
function vacate({ relocation, unit, writes }: Settling, { name, path, container }: Place, source: string = name): void {
  writes.set({ name, path }, undefined, source)
  for (let length = path.length - 1; length >= 0; length--) {
    const above = { name, path: path.slice(0, length) }
    const value = writes.at(above)
    const goes = length === container?.length || isMadeByUs(unit.images, above)
    if (length === 0 && relocation.hosts.fields !== undefined && relocation.hosts.matches(name)) return
    if (!goes || value === undefined || !('mapValue' in value) || Object.keys(value.mapValue.fields).length > 0) return
    writes.set(above, undefined)
  }
}

function isMadeByUs(images: readonly DocumentImage[], { name, path }: Place): boolean {
  const ours = imagesOf(images, name)
  return ours.some(([, { version, made }]) => version === undefined || made.some((map) => samePath(map, path)))
}

function samePath(a: FieldPath, b: FieldPath): boolean {
  return a.length === b.length && isPrefix(a, b)
}
