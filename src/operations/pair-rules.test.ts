import { describe, expect, it } from 'vitest'
import { encodeValue } from '../stores/values.ts'
import type { Value } from '../stores/documents.ts'
import type { DocumentImage } from './document-hands.ts'
import { rememberedOf } from './pair-memory.ts'
import { carry, giveBack, identity, mayGo } from './pair-rules.ts'
import type { Pair, PairState } from './pair-rules.ts'

const pair: Pair = { from: { name: 'a/1', path: [] }, to: { name: 'b/1', path: ['m'] }, lens: identity }

function value(decoded: unknown): Value | undefined {
  return decoded === undefined ? undefined : encodeValue(decoded)
}

/** Our writes to the new place, oldest first: what was there, and what we left. */
function stateOf(old: unknown, neu: unknown, writes: readonly (readonly [unknown, unknown])[]): PairState {
  const images = writes.map(([before, after]): DocumentImage => ({
    name: 'b/1',
    unit: 'b/1',
    version: '1',
    before: [[['m'], value(before) ?? null]],
    after: [[['m'], value(after) ?? null]],
    made: [],
  }))
  return { old: value(old), neu: value(neu), ...rememberedOf(images, pair) }
}

describe('what both sides changed', () => {
  const copied = [undefined, { a: 1, b: 1 }] as const

  it('is merged, and stays so at the next look', () => {
    const [old, neu, both] = [
      { a: 2, b: 1 },
      { a: 1, b: 2 },
      { a: 2, b: 2 },
    ]
    expect(carry(stateOf(old, neu, [copied]), identity)).toEqual({ act: 'write', value: value(both), clashes: 0 })
    const merged = [copied, [neu, both] as const]
    expect(carry(stateOf(old, both, merged), identity)).toEqual({ act: 'leave' })
    expect(giveBack(stateOf(old, both, merged), identity)).toEqual({ act: 'write', value: value(both), clashes: 0 })
    expect(mayGo(stateOf(both, both, merged), identity)).toBe(true)
  })

  it('goes on being merged when either side goes on', () => {
    const merged = [
      copied,
      [
        { a: 1, b: 2 },
        { a: 2, b: 2 },
      ] as const,
    ]
    const again = { act: 'write', value: value({ a: 3, b: 2 }), clashes: 0 }
    expect(carry(stateOf({ a: 3, b: 1 }, { a: 2, b: 2 }, merged), identity)).toEqual(again)
    expect(carry(stateOf({ a: 2, b: 1 }, { a: 2, b: 3 }, merged), identity)).toEqual({ act: 'leave' })
  })

  it('is no reason to write where both changed it alike', () => {
    const state = stateOf({ a: 2, b: 1 }, { a: 2, b: 2 }, [copied])
    expect(carry(state, identity)).toMatchObject({ act: 'leave' })
  })

  it('is kept of the new place when the old one goes as a whole', () => {
    const merged = [
      copied,
      [
        { a: 1, b: 2 },
        { a: 2, b: 2 },
      ] as const,
    ]
    expect(carry(stateOf(undefined, { a: 2, b: 2 }, merged), identity)).toEqual({ act: 'leave' })
    expect(carry(stateOf(undefined, { a: 1, b: 1 }, [copied]), identity)).toEqual({ act: 'remove' })
  })
})

it('is not taken from the new place when new clients write the old document without it', () => {
  const written = stateOf(undefined, 'x', [[undefined, 'x']])
  expect(carry(written, identity, 'old')).toEqual({ act: 'remove' })
  expect(carry(written, identity, 'new')).toEqual({ act: 'leave' })
})

describe('nothing in the new place', () => {
  const gone = stateOf('x', undefined, [[undefined, 'x']])

  it('is a deletion where only new clients know it', () => {
    expect(carry(gone, identity)).toEqual({ act: 'leave' })
    expect(giveBack(gone, identity)).toEqual({ act: 'remove' })
  })

  it('is a deletion too where only new clients write any more', () => {
    const shared = { ...gone, shared: true }
    expect(carry(shared, identity, 'new')).toEqual({ act: 'leave' })
  })

  it('says nothing where clients of the old shape write over it', () => {
    const shared = { ...gone, ...rememberedOf([], { ...pair, shared: true }), base: gone.base }
    expect(carry(shared, identity)).toEqual({ act: 'write', value: value('x'), clashes: 0 })
    expect(giveBack(shared, identity)).toEqual({ act: 'leave' })
  })
})

describe('what the old shape can only say roughly', () => {
  const rough = {
    up: (found: Value) => ('integerValue' in found ? found : undefined),
    // 15 is no ten: what cannot come back exactly has no way down.
    down: (found: Value) => ('integerValue' in found && Number(found.integerValue) % 10 === 0 ? found : undefined),
  }
  const nearest = (found: Value): Value =>
    encodeValue('integerValue' in found ? Math.floor(Number(found.integerValue) / 10) * 10 : null)

  it('counts as said by the client that wrote both places', () => {
    const written = stateOf(10, 15, [[undefined, 20]])
    expect(carry(written, { ...rough, nearest })).toEqual({ act: 'leave' })
    expect(giveBack(written, { ...rough, nearest })).toEqual({ act: 'leave' })
    expect(carry(stateOf(30, 15, [[undefined, 20]]), { ...rough, nearest })).toMatchObject({
      act: 'write',
      value: value(30),
    })
  })
})
