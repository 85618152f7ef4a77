import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DocumentEdit, DocumentImage } from '../../src/operations/document-hands.ts'
import type { WorkPhase } from '../../src/operations/operation.ts'
import type { Told } from '../../src/operations/told.ts'
import type { Lens } from '../../src/operations/pair-rules.ts'
import { resultOf } from '../../src/operations/pair-edits.ts'
import { fieldRelocation } from '../../src/operations/field-relocation.ts'
import { parseFieldSpread } from '../../src/operations/field-spread.ts'
import { parsePattern } from '../../src/operations/collection-pattern.ts'
import { withField } from '../../src/operations/value-tree.ts'
import { identity } from '../../src/operations/pair-rules.ts'
import { editsOf } from '../../src/operations/relocate.ts'
import type { Act, Relocation } from '../../src/operations/relocation.ts'
import { imageOf, parseImage } from '../../src/run/document-images.ts'
import { fieldAt } from '../../src/operations/field-path.ts'
import type { Document, FieldPath, Fields, Value } from '../../src/stores/documents.ts'

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

/** Out of a document that stays, with more in it that clients of both shapes write. */
const part: Relocation = {
  ...apart,
  pairs: () => [{ from: { name: places.old, path: ['o'] }, to: { name: places.neu, path: [] }, lens }],
}

/** Both in one document, which stays. */
const together = fieldRelocation(parsePattern('Old/{id}'), parseFieldSpread('o'), parseFieldSpread('n'), identity)

type Side = keyof typeof places
type Deed = 'look' | 'rest' | `${'old' | 'both' | 'new'} ${0 | 1 | 2}` | `${'old' | 'both' | 'new'} deletes`

interface World {
  readonly relocation: Relocation
  readonly documents: Map<string, Document>
  images: DocumentImage[]
  now: number
  told: Told
  /** The last word of any client. */
  truth: string | undefined
  readonly notes: string[]
}

function born(told: Told, relocation = apart): World {
  const world: World = { relocation, documents: new Map(), images: [], now: 0, told, truth: '0', notes: [] }
  put(world, 'old', '0')
  return world
}

const time = (n: number): string => String(n).padStart(6, '0')

function put(world: World, side: Side, n: string | undefined): void {
  world.now++
  if (world.relocation === together) {
    const { fields = {} } = world.documents.get(places.old) ?? {}
    const value = n === undefined ? undefined : { integerValue: n }
    return store(world, places.old, withField(fields, side === 'old' ? 'o' : 'n', value))
  }
  const inner = n === undefined ? undefined : { n: side === 'old' ? { integerValue: n } : { stringValue: n } }
  if (world.relocation !== part || side === 'neu') return store(world, places[side], inner)
  const { fields = {} } = world.documents.get(places.old) ?? {}
  store(world, places.old, withField(fields, 'o', inner && { mapValue: { fields: inner } }))
}

/** What else is in the document of the old place is written there by clients of both shapes. */
function putRest(world: World): void {
  world.now++
  const { fields = {} } = world.documents.get(places.old) ?? {}
  store(world, places.old, withField(fields, 'rest', { integerValue: String(world.now) }))
}

/** At the moment that it is: writes of one commit have the same time. */
function store({ documents, now }: World, name: string, fields: Fields | undefined): void {
  const createTime = documents.get(name)?.createTime ?? time(now)
  if (fields === undefined) documents.delete(name)
  else documents.set(name, { name, fields, updateTime: time(now), createTime })
}

function act(world: World, what: Act): number {
  const { relocation, documents, images, told, notes } = world
  const names = relocation === together ? [places.old] : [places.old, places.neu]
  const unit = { key: places.old, names, documents, images, clients: { told, noneAlone: true } }
  const edits: readonly DocumentEdit[] = editsOf(relocation, unit, what, {
    add: (_, why) => void notes.push(why),
    tell: () => {},
  })
  for (const edit of edits) {
    world.images = [...world.images, { ...parseImage(imageOf(edit, places.old)), phase: phaseOf(told) }]
    world.now++
    store(world, resultOf(edit).name, edit.op === 'delete' ? undefined : resultOf(edit).fields)
  }
  return edits.length
}

function phaseOf({ contract, rollingBack }: Told): WorkPhase {
  return rollingBack !== undefined ? 'revert' : contract !== undefined ? 'contract' : 'backfill'
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
    if (deed === 'rest') {
      putRest(world)
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

function shown({ relocation, documents }: World): Readonly<Record<Side, string | undefined>> {
  const of = (side: Side, path: FieldPath): string | undefined => {
    const document = documents.get(relocation === together ? places.old : places[side])
    const n = document && fieldAt(document, path)
    return n === undefined ? undefined : 'integerValue' in n ? n.integerValue : 'stringValue' in n ? n.stringValue : '?'
  }
  return {
    old: of('old', relocation === together ? ['o'] : relocation === part ? ['o', 'n'] : ['n']),
    neu: of('neu', ['n']),
  }
}

/** Born again after we took it away, and then deleted in the new place alone: nothing tells that from our own work. */
function isBornAgain({ truth, images }: World): boolean {
  return (
    truth === undefined && images.some(({ name, after }) => name === places.neu && after.some(([, to]) => to === null))
  )
}

type Who = 'old' | 'both' | 'new'

function deedsOf(relocation: Relocation, ...who: readonly Who[]): fc.Arbitrary<readonly Deed[]> {
  const rest: readonly Deed[] = relocation === part ? ['rest', 'rest'] : []
  const all = who.flatMap((each) => [`${each} 0`, `${each} 1`, `${each} 2`, `${each} deletes`] as const)
  return fc.array(fc.constantFrom<Deed>('look', 'look', ...rest, ...all), { maxLength: 10 })
}

const runs = { numRuns: 3_000, seed: 20_261_122 }
const forward = ['carry'] as const

/** How it ends: swept, completed or gone back from. */
const backOf = (relocation: Relocation): readonly Act[] =>
  relocation === together ? ['retire'] : ['restore', 'retire']
const lastOf = (relocation: Relocation): readonly Act[] => (relocation === together ? ['remove'] : ['trail', 'remove'])

describe.each([
  { where: 'two documents', relocation: apart },
  { where: 'one document', relocation: together },
  { where: 'a part of a document and another', relocation: part },
])('places in $where', ({ relocation }) => {
  it.each(['swept', 'gone back from'])('in the backfill the last word counts, when it is %s', (end) => {
    const property = fc.property(deedsOf(relocation, 'old', 'both'), (deeds) => {
      const world = born({}, relocation)
      tell(world, 'backfill')
      play(world, deeds, forward)
      expectEnd(world, end)
    })
    fc.assert(property, runs)
  })

  it.each(['swept', 'gone back from'])('after the cutover too, where that is promised, when it is %s', (end) => {
    const property = fc.property(
      deedsOf(relocation, 'old', 'both'),
      deedsOf(relocation, 'old', 'both'),
      (deeds, soaking) => {
        const world = born({ writeBoth: true }, relocation)
        tell(world, 'backfill')
        play(world, deeds, forward)
        tell(world, 'cutover')
        play(world, soaking, forward)
        expectEnd(world, end)
      },
    )
    fc.assert(property, runs)
  })

  it.each([
    ['completed', true],
    ['completed', false],
    ['gone back from', true],
    ['gone back from', false],
  ])('from contract on the new place has it, when it is %s, with a promise: %s', (end, writeBoth) => {
    const property = fc.property(
      deedsOf(relocation, 'old', 'both'),
      deedsOf(relocation, 'new'),
      fc.boolean(),
      (deeds, late, removing) => {
        const world = born({ writeBoth }, relocation)
        tell(world, 'backfill')
        play(world, deeds, forward)
        settle(world, forward)
        tell(world, 'swept')
        tell(world, 'cutover')
        if (writeBoth) play(world, deeds.toReversed(), forward)
        settle(world, forward)
        tell(world, 'swept')
        tell(world, 'contract')
        // Nobody can tell that from a client of the old shape that wrote one document whole, or a part of it again.
        const inBoth = (deed: Deed): Deed => (relocation !== apart && deed === 'new deletes' ? 'both deletes' : deed)
        play(world, late.map(inBoth), removing ? lastOf(relocation) : [])
        fc.pre(!isBornAgain(world))
        expectEnd(world, end)
      },
    )
    fc.assert(property, runs)
  })
})

function expectEnd(world: World, end: string): void {
  const { relocation, truth } = world
  if (end === 'swept') settle(world, forward)
  if (end === 'completed') settle(world, lastOf(relocation))
  if (end === 'gone back from') {
    tell(world, 'rollingBack')
    settle(world, backOf(relocation))
  }
  expect(shown(world)).toEqual({
    old: end === 'completed' ? undefined : truth,
    neu: end === 'gone back from' ? undefined : truth,
  })
}

it.each(['completed', 'gone back from'])(
  'without a promise, clients that write the new place alone after the cutover lose nothing, when it is %s',
  (end) => {
    const property = fc.property(deedsOf(apart, 'old', 'both'), deedsOf(apart, 'new'), (deeds, soaking) => {
      const world = born({})
      tell(world, 'backfill')
      play(world, deeds, forward)
      settle(world, forward)
      tell(world, 'swept')
      tell(world, 'cutover')
      play(
        world,
        soaking.filter((deed) => deed !== 'look'),
        forward,
      )
      fc.pre(!isBornAgain(world))
      if (end === 'completed') {
        tell(world, 'completing')
        settle(world, forward)
        tell(world, 'contract')
      }
      expectEnd(world, end)
    })
    fc.assert(property, runs)
  },
)
