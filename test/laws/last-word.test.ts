import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { DocumentEdit, DocumentImage } from '../../src/operations/document-hands.ts'
import type { Told } from '../../src/operations/operation.ts'
import type { Lens } from '../../src/operations/pair-rules.ts'
import { resultOf } from '../../src/operations/pair-edits.ts'
import { editsOf } from '../../src/operations/relocate.ts'
import type { Act, Relocation } from '../../src/operations/relocation.ts'
import { imageOf, parseImage } from '../../src/run/document-images.ts'
import type { Document, Fields, Value } from '../../src/stores/documents.ts'

/** A number and a text, so that a value in the wrong place or converted twice is seen. */
const lens: Lens = {
  up: (value) => mapped(value, (n) => ('integerValue' in n ? { stringValue: n.integerValue } : n)),
  down: (value) => mapped(value, (n) => ('stringValue' in n ? { integerValue: n.stringValue } : n)),
}

function mapped(value: Value, change: (n: Value) => Value): Value | undefined {
  if (!('mapValue' in value)) return undefined
  const fields = Object.entries(value.mapValue.fields).map(([key, n]) => [key, change(n)] as const)
  return { mapValue: { fields: Object.fromEntries(fields) } }
}

const places = { old: 'Old/a', neu: 'New/a' } as const
const scope = { parent: '', collection: 'Old', descendants: false }

/** Each in a document of its own. */
const apart: Relocation = {
  hosts: { scope, matches: (name) => name === places.old, fields: undefined },
  satellites: {
    scope: { ...scope, collection: 'New' },
    hostOf: (name) => (name === places.neu ? places.old : undefined),
    namesIn: () => [places.neu],
  },
  direction: 'out',
  pairs: () => [{ from: { name: places.old, path: [] }, to: { name: places.neu, path: [] }, lens }],
}

type Side = keyof typeof places
type Deed =
  | 'look'
  | `${'old' | 'both' | 'new'} ${0 | 1 | 2}`
  | `${'old' | 'both' | 'new'} deletes`

interface World {
  readonly documents: Map<string, Document>
  images: DocumentImage[]
  now: number
  told: Told
  /** The last word of any client. */
  truth: string | undefined
  readonly notes: string[]
}

function born(told: Told): World {
  const world: World = { documents: new Map(), images: [], now: 0, told, truth: '0', notes: [] }
  put(world, 'old', '0')
  return world
}

const time = (n: number): string => String(n).padStart(6, '0')

function put(world: World, side: Side, n: string | undefined): void {
  world.now++
  store(world, places[side], n === undefined ? undefined : { n: side === 'old' ? { integerValue: n } : { stringValue: n } })
}

/** At the moment that it is: writes of one commit have the same time. */
function store({ documents, now }: World, name: string, fields: Fields | undefined): void {
  const createTime = documents.get(name)?.createTime ?? time(now)
  if (fields === undefined) documents.delete(name)
  else documents.set(name, { name, fields, updateTime: time(now), createTime })
}

function act(world: World, what: Act): number {
  const { documents, images, told, notes } = world
  const names = [places.old, places.neu]
  const unit = { key: places.old, names, documents, images, clients: { told, noneAlone: false } }
  const edits: readonly DocumentEdit[] = editsOf(apart, unit, what, {
    add: (_, why) => void notes.push(why),
    tell: () => {},
  })
  for (const edit of edits) {
    world.images = [...world.images, parseImage(imageOf(edit, places.old))]
    world.now++
    store(world, resultOf(edit).name, edit.op === 'delete' ? undefined : resultOf(edit).fields)
  }
  return edits.length
}

/** Repeats as the executor's rounds do; a place that never comes to rest would sweep for ever. */
function settle(world: World, acts: readonly Act[]): void {
  for (let round = 0; acts.reduce((sum, what) => sum + act(world, what), 0) > 0; round++) expect(round).toBeLessThan(4)
}

function play(world: World, deeds: readonly Deed[], acts: readonly Act[]): void {
  for (const deed of deeds) {
    const [who, what] = deed.split(' ')
    if (deed === 'look') {
      for (const each of acts) act(world, each)
      continue
    }
    const n = what === 'deletes' ? undefined : what
    if (who !== 'new') put(world, 'old', n)
    if (who !== 'old') put(world, 'neu', n)
    if (who === 'both') sameTime(world)
    world.truth = n
  }
}

function sameTime({ documents, now }: World): void {
  for (const name of Object.values(places)) {
    const document = documents.get(name)
    if (document !== undefined) documents.set(name, { ...document, updateTime: time(now) })
  }
}

function tell(world: World, phase: keyof Omit<Told, 'writeBoth'>): void {
  world.told = { ...world.told, [phase]: time(++world.now) }
}

function shown({ documents }: World): Readonly<Record<Side, string | undefined>> {
  const of = (side: Side): string | undefined => {
    const n = documents.get(places[side])?.fields['n']
    return n === undefined ? undefined : 'integerValue' in n ? n.integerValue : 'stringValue' in n ? n.stringValue : '?'
  }
  return { old: of('old'), neu: of('neu') }
}

/** Born again after we took it away, and then deleted in the new place alone: nothing tells that from our own work. */
function isBornAgain({ truth, images }: World): boolean {
  return truth === undefined && images.some(({ name, after }) => name === places.neu && after.some(([, to]) => to === null))
}

function deedsOf(...who: readonly ('old' | 'both' | 'new')[]): fc.Arbitrary<readonly Deed[]> {
  const all = who.flatMap((each) => [`${each} 0`, `${each} 1`, `${each} 2`, `${each} deletes`] as const)
  return fc.array(fc.constantFrom<Deed>('look', 'look', ...all), { maxLength: 10 })
}

const runs = { numRuns: 3_000, seed: 20_261_122 }
const forward = ['carry'] as const
const back = ['restore', 'retire'] as const

it.each([false, true])('in the backfill the last word counts, deletions and values that recur too: %s', (goesBack) => {
  const property = fc.property(deedsOf('old', 'both'), (deeds) => {
    const world = born({})
    tell(world, 'backfill')
    play(world, deeds, forward)
    if (goesBack) tell(world, 'rollingBack')
    settle(world, goesBack ? back : forward)
    expect(shown(world)).toEqual({ old: world.truth, neu: goesBack ? undefined : world.truth })
  })
  fc.assert(property, runs)
})

it.each([false, true])('after the cutover too, where clients promise to write both: %s', (goesBack) => {
  const property = fc.property(deedsOf('old', 'both'), deedsOf('old', 'both'), (deeds, soaking) => {
    const world = born({ writeBoth: true })
    tell(world, 'backfill')
    play(world, deeds, forward)
    tell(world, 'cutover')
    play(world, soaking, forward)
    if (goesBack) tell(world, 'rollingBack')
    settle(world, goesBack ? back : forward)
    expect(shown(world)).toEqual({ old: world.truth, neu: goesBack ? undefined : world.truth })
  })
  fc.assert(property, runs)
})

it('without a promise, clients that write the new place alone after the cutover lose nothing', () => {
  const property = fc.property(deedsOf('old', 'both'), deedsOf('new'), (deeds, soaking) => {
    const world = born({})
    tell(world, 'backfill')
    play(world, deeds, forward)
    settle(world, forward)
    tell(world, 'swept')
    tell(world, 'cutover')
    const alone = soaking.filter((deed) => deed !== 'look')
    play(world, alone, forward)
    fc.pre(!isBornAgain(world))
    tell(world, 'rollingBack')
    settle(world, back)
    const { old, neu } = shown(world)
    // Written back to what was copied, it is what we wrote; the copy stays only where it says something else.
    expect([old, neu]).toEqual([world.truth, undefined])
  })
  fc.assert(property, runs)
})

it.each([false, true])('from contract on, the new place has the last word on the way back, where %s was promised', (writeBoth) => {
  const property = fc.property(deedsOf('old', 'both'), deedsOf('new'), fc.boolean(), (deeds, late, removing) => {
    const world = born({ writeBoth })
    tell(world, 'backfill')
    play(world, deeds, forward)
    settle(world, forward)
    tell(world, 'cutover')
    if (writeBoth) play(world, deeds.toReversed(), forward)
    settle(world, forward)
    tell(world, 'swept')
    tell(world, 'contract')
    play(world, late, removing ? ['trail', 'remove'] : [])
    fc.pre(!isBornAgain(world))
    tell(world, 'rollingBack')
    settle(world, back)
    expect(shown(world)).toEqual({ old: world.truth, neu: undefined })
  })
  fc.assert(property, runs)
})
