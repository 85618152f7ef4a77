import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createOneDocument, deletion } from '../../test/client/one-document.ts'
import { parsePattern } from '../operations/collection-pattern.ts'
import { builtInConversion } from '../operations/conversions/built-in-conversion.ts'
import { fieldRelocation } from '../operations/field-relocation.ts'
import { parseFieldSpread } from '../operations/field-spread.ts'
import { identity } from '../operations/pair-rules.ts'
import type { Act, Relocation } from '../operations/relocation.ts'
import { createConverter } from './converter.ts'
import type { ShapeConverter } from './converter.ts'
import { memberAt, withMember } from './data.ts'
import { modeOf } from './phases.ts'
import type { ClientPhase } from './phases.ts'
import type { ShapeStep } from './shape.ts'

/** One value goes through a chain of names and types: each generation of clients knows it by another one. */
interface Link {
  readonly path: readonly string[]
  readonly type: 'int' | 'string'
}

const paths = [['a'], ['b'], ['in', 'c'], ['d'], ['in', 'deep', 'e'], ['f']]

const anyChain: fc.Arbitrary<readonly Link[]> = fc
  .tuple(
    fc.shuffledSubarray(paths, { minLength: 2, maxLength: 5 }),
    fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
  )
  .map(([places, texts]) =>
    places.map((path, index) => ({ path, type: texts[index] === true ? ('string' as const) : ('int' as const) })),
  )

type Action =
  | { readonly do: 'set' | 'update' | 'remove' | 'touch'; readonly generation: number }
  | { readonly do: 'forward' | 'back' | 'sweep'; readonly step: number }

const anyAction: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    do: fc.constantFrom('set' as const, 'update' as const, 'touch' as const, 'remove' as const),
    generation: fc.nat(5),
  }),
  fc.record({
    do: fc.constantFrom('forward' as const, 'forward' as const, 'back' as const, 'sweep' as const),
    step: fc.nat(4),
  }),
)

const as = ({ type }: Link, value: number | undefined): unknown =>
  value === undefined || type === 'int' ? value : String(value)

function stepOf(from: Link, to: Link, index: number): ShapeStep {
  const step = { migration: `m${index}`, path: from.path, to: to.path }
  return from.type === to.type
    ? { ...step, change: 'rename' }
    : { ...step, change: 'convert', conversion: { from: from.type, to: to.type } }
}

function relocationOf(from: Link, to: Link): Relocation {
  const spread = ({ path }: Link) => parseFieldSpread(path.join('.'))
  const pattern = parsePattern('things/{id}')
  if (from.type === to.type) return fieldRelocation(pattern, spread(from), spread(to), identity)
  const { up, down } = builtInConversion({ from: from.type, to: to.type })
  const lens = {
    up: (value: Parameters<typeof up>[0]) => up(value).value,
    down: (value: Parameters<typeof up>[0]) => down(value).value,
  }
  return fieldRelocation(pattern, spread(from), spread(to), lens)
}

/** Two releases of an app, the engine between them, and what every release must see. */
class World {
  readonly #links: readonly Link[]
  readonly #phases: ClientPhase[]
  readonly #clients: readonly ShapeConverter<object>[]
  readonly #document = createOneDocument()
  /** Older releases are gone. */
  #oldest = 0
  #value: number | undefined
  #last = 0
  #exists = false

  constructor(links: readonly Link[]) {
    this.#links = links
    this.#phases = links.slice(1).map(() => 'absent')
    const steps = links.slice(1).map((link, index) => stepOf(links[index] as Link, link, index))
    const phases = {
      ready: Promise.resolve(),
      close: () => undefined,
      phaseOf: (migration: string) => this.#phases[Number(migration.slice(1))] ?? 'absent',
    }
    this.#clients = links.map((_, generation) =>
      createConverter({ pattern: 'things/{id}', steps: steps.slice(0, generation) }, phases, {
        deleteField: () => deletion,
      }),
    )
  }

  act(action: Action): readonly string[] {
    if ('step' in action) this.#engine(action.do, action.step)
    else this.#client(action)
    return this.#look()
  }

  #client({ do: verb, generation: wish }: Extract<Action, { generation: number }>): void {
    const generation = Math.max(wish % this.#links.length, this.#oldest)
    const client = this.#clients[generation] as ShapeConverter<object>
    const link = this.#links[generation] as Link
    // Never the same twice: that an old client wrote the first value again, nobody could tell from its first write.
    const value = ++this.#last
    if (verb === 'set' || !this.#exists) {
      this.#document.set(client, withMember({ kept: 1 }, link.path, as(link, value)))
      this.#value = value
      this.#exists = true
    } else if (verb === 'update') {
      this.#document.update(client, { [link.path.join('.')]: as(link, value) })
      this.#value = value
    } else if (verb === 'touch') {
      // The release reads the whole document, changes something else, and sets it as a whole.
      this.#document.set(client, { ...client.read(this.#document.fields() ?? {}), kept: value })
    } else if (generation === this.#links.length - 1) {
      this.#document.update(client, { [link.path.join('.')]: deletion })
      this.#value = undefined
    }
  }

  #engine(verb: 'forward' | 'back' | 'sweep', wish: number): void {
    const step = wish % this.#phases.length
    const phase = this.#phases[step] ?? 'absent'
    const isOpen = phase === 'backfill' || phase === 'cutover'
    if (verb === 'sweep' && isOpen) this.#settle(step, 'carry')
    if (verb === 'back' && isOpen && this.#phases.slice(step + 1).every((each) => each === 'absent'))
      this.#phases[step] = 'rolling back'
    if (verb === 'forward') this.#forward(step, phase)
  }

  #settle(step: number, act: Act): void {
    this.#document.settle(step, relocationOf(this.#links[step] as Link, this.#links[step + 1] as Link), act)
  }

  #forward(step: number, phase: ClientPhase): void {
    const earlier = this.#phases.slice(0, step)
    if (phase === 'absent') {
      const isNext = earlier.every((each) => each === 'cutover' || modeOf(each) === 'new')
      if (isNext && !this.#phases.includes('rolling back')) this.#phases[step] = 'backfill'
    } else if (phase === 'backfill') {
      this.#settle(step, 'carry')
      this.#phases[step] = 'cutover'
    } else if (phase === 'cutover' && earlier.every((each) => each === 'completed')) {
      // The last look while both are written.
      this.#settle(step, 'carry')
      this.#oldest = step + 1
      this.#phases[step] = 'contract'
    } else if (phase === 'contract' || phase === 'rolling back') {
      this.#settle(step, phase === 'contract' ? 'remove' : 'retire')
      this.#document.forget(step)
      this.#phases[step] = phase === 'contract' ? 'completed' : 'absent'
    }
  }

  /** What releases see that is not what was written last. */
  #look(): readonly string[] {
    if (!this.#exists) return []
    return this.#clients.flatMap((client, generation) => {
      if (generation < this.#oldest) return []
      const link = this.#links[generation] as Link
      const seen = memberAt(client.read(this.#document.fields() ?? {}), link.path)
      const due = as(link, this.#value)
      return seen === due ? [] : [`generation ${generation} sees ${String(seen)}, not ${String(due)}`]
    })
  }
}

test('every release reads what was written last by any of them, whatever the engine does in between', () => {
  fc.assert(
    fc.property(anyChain, fc.array(anyAction, { minLength: 1, maxLength: 30 }), (links, actions) => {
      const world = new World(links)
      for (const action of actions) expect(world.act(action), JSON.stringify(action)).toEqual([])
    }),
    { numRuns: 2_000 },
  )
})
