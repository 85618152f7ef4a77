import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parsePattern } from '../../src/operations/collection-pattern.ts'
import type { DocumentEdit, DocumentImage } from '../../src/operations/document-hands.ts'
import { fieldRelocation } from '../../src/operations/field-relocation.ts'
import { parseFieldSpread } from '../../src/operations/field-spread.ts'
import type { Lens } from '../../src/operations/pair-rules.ts'
import { editsOf } from '../../src/operations/relocate.ts'
import type { Act } from '../../src/operations/relocation.ts'
import { withField } from '../../src/operations/value-tree.ts'
import { imageOf, parseImage } from '../../src/run/document-images.ts'
import type { Document, Fields, Value } from '../../src/stores/documents.ts'

/** Numbers to text, so that a value in the wrong place or converted twice is seen. */
const text: Lens = {
  up: (value) => ('integerValue' in value ? { stringValue: value.integerValue } : undefined),
  down: (value) => ('stringValue' in value ? { integerValue: value.stringValue } : undefined),
}
const name = 'Users/a'
const relocation = fieldRelocation(parsePattern('Users/{id}'), parseFieldSpread('o'), parseFieldSpread('n'), text)

/** `late` clients write the old place only, `both` what the phase asks for, `ahead` the new place only. */
type Move = 'late' | 'late deletes' | 'both' | 'both delete' | 'ahead' | 'ahead deletes' | 'we look'

interface World {
  fields: Fields
  images: DocumentImage[]
  version: number
  /** What the field means to clients now: the last word of any of them; undefined: deleted. */
  truth: string | undefined
  /** Which sides clients wrote alone since our last look. */
  alone: Set<'old' | 'new'>
  notes: string[]
}

function born(): World {
  return { fields: { o: { integerValue: '0' } }, images: [], version: 1, truth: '0', alone: new Set(), notes: [] }
}

function put(world: World, key: 'o' | 'n', value: Value | undefined): void {
  world.fields = withField(world.fields, key, value)
  world.version++
}

function old(value: number | undefined): Value | undefined {
  return value === undefined ? undefined : { integerValue: String(value) }
}

function neu(value: number | undefined): Value | undefined {
  return value === undefined ? undefined : { stringValue: String(value) }
}

function look(world: World, act: Act): boolean {
  const document: Document = { name, fields: world.fields, updateTime: String(world.version), createTime: '' }
  const unit = { key: name, names: [name], documents: new Map([[name, document]]), images: world.images }
  const notes = { add: (_: string, why: string) => void world.notes.push(why), tell: () => {} }
  const edits: readonly DocumentEdit[] = editsOf(relocation, unit, act, notes)
  for (const edit of edits) {
    world.images = [...world.images, parseImage(imageOf(edit, name))]
    if (edit.op !== 'patch') throw new Error('one document, which stays')
    for (const { path, value } of edit.changes) put(world, path[0] === 'o' ? 'o' : 'n', value)
  }
  world.alone.delete('old')
  // What is in the new place alone leaves no trace: there is nothing to write.
  const writesNew = edits.some((edit) => edit.op === 'patch' && edit.changes.some(({ path }) => path[0] === 'n'))
  if (act === 'carry' || writesNew) world.alone.delete('new')
  return edits.length > 0
}

/** What clients may do; false where the rules cannot tell it from something else, as the page of the operation says. */
function move(world: World, what: Exclude<Move, 'we look'>, value: number, removing: boolean): void {
  const says = what.endsWith('delete') || what.endsWith('deletes') ? undefined : value
  if (what.startsWith('both')) {
    if (!removing) put(world, 'o', old(says))
    put(world, 'n', neu(says))
    if (removing) world.alone.add('new')
    else world.alone.clear()
  } else if (what.startsWith('late')) {
    put(world, 'o', old(says))
    world.alone.add('old')
  } else {
    put(world, 'n', neu(says))
    world.alone.add('new')
  }
  world.truth = says === undefined ? undefined : String(says)
}

function shown(world: World): { readonly o: unknown; readonly n: unknown } {
  const { o, n } = world.fields
  return {
    o: o && 'integerValue' in o ? o.integerValue : undefined,
    n: n && 'stringValue' in n ? n.stringValue : undefined,
  }
}

/** Repeats as the executor's rounds do; a place that never comes to rest would sweep for ever. */
function settle(world: World, act: Act): void {
  for (let round = 0; look(world, act); round++) expect(round).toBeLessThan(3)
}

const runs = { numRuns: 2_000, seed: 20_261_122 }
const protocol = fc.array(fc.constantFrom<Move>('late', 'both', 'both delete', 'we look'), { maxLength: 12 })
const contract = fc.array(fc.constantFrom<Move>('late', 'both', 'both delete', 'we look'), { maxLength: 8 })

function play(world: World, moves: readonly Move[], removing: boolean, first: number): void {
  for (const [index, what] of moves.entries()) {
    if (what === 'we look') look(world, removing ? 'remove' : 'carry')
    else if (!removing || isTold(world, what)) move(world, what, first + index, removing)
  }
}

/** In the contract phase: not where both sides wrote alone, and before the old place went only the new one changes. */
function isTold(world: World, what: Exclude<Move, 'we look'>): boolean {
  const hasGone = world.images.some(({ after }) => after.some(([[key], value]) => key === 'o' && value === null))
  if (!hasGone) return what === 'both'
  return world.alone.size === 0 || world.alone.has(what === 'late' ? 'old' : 'new')
}

it('while both places are written, the new one comes to say what clients said last', () => {
  const property = fc.property(protocol, (moves) => {
    const world = born()
    play(world, moves, false, 1)
    settle(world, 'carry')
    expect(shown(world)).toEqual({ o: world.truth, n: world.truth })
  })
  fc.assert(property, runs)
})

it('down gives the old place what clients said last, and leaves nothing of the new one', () => {
  const property = fc.property(protocol, (moves) => {
    const world = born()
    play(world, moves, false, 1)
    const last = shown(world).n
    const known = world.images.length > 0
    world.notes = []
    settle(world, 'retire')
    // A new client wrote both after our last look and an old one after that: it might have been the new place alone.
    const contested = world.notes.length > 0
    expect(shown(world)).toEqual({ o: world.truth, n: contested ? last : undefined })
    expect(contested && !known).toBe(false)
    if (contested) expect(moves.slice(moves.lastIndexOf('we look')).slice(-2)).toContain('late')
  })
  fc.assert(property, runs)
})

it.each([
  ['remove', (truth: string | undefined) => ({ o: undefined, n: truth })],
  ['retire', (truth: string | undefined) => ({ o: truth, n: undefined })],
] as const)('once old places go, the last word stays, also of those who come late: %s', (act, expected) => {
  const property = fc.property(protocol, contract, (before, after) => {
    const world = born()
    play(world, before, false, 1)
    settle(world, 'carry')
    // Going back, what came to the new place before the old one went can be told only where we wrote it.
    if (act === 'retire') look(world, 'remove')
    play(world, after, true, 100)
    settle(world, act)
    expect(shown(world)).toEqual(expected(world.truth))
  })
  fc.assert(property, runs)
})
