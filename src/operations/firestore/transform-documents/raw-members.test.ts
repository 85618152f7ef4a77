import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyValue } from '../../../../test/stores/arbitrary-values.ts'
import type { Fields, Value } from '../../../stores/documents.ts'
import { decodeFields, decodeValue } from '../../../stores/values.ts'
import { changesBetween, mergeRaw } from './raw-members.ts'

const five: Value = { doubleValue: 5 }
const foreign: Value = { referenceValue: 'projects/other/databases/x/documents/a/b' }
const list = (...values: readonly Value[]): Value => ({ arrayValue: { values } })
const map = (fields: Fields): Value => ({ mapValue: { fields } })

describe('what a function leaves alone', () => {
  it('is kept bit by bit, whatever it is', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), anyValue), (fields) => {
        const shown = decodeFields(fields)
        expect(mergeRaw(map(fields), { ...shown })).toEqual(map(fields))
        expect(changesBetween(fields, fields)).toEqual([])
      }),
    )
  })

  it('is kept beside what it changes, in maps and lists', () => {
    const raw = map({
      a: map({ five, foreign, n: { integerValue: '1' } }),
      l: list(five, map({ five, x: { stringValue: 'y' } })),
    })
    const shown = decodeValue(raw) as { a: Record<string, unknown>; l: [number, Record<string, unknown>] }
    const given = { a: { ...shown.a, n: 2 }, l: [shown.l[0], { ...shown.l[1], x: 'z' }] }
    expect(mergeRaw(raw, given)).toEqual(
      map({
        a: map({ five, foreign, n: { integerValue: '2' } }),
        l: list(five, map({ five, x: { stringValue: 'z' } })),
      }),
    )
  })

  it('is known again where it has moved to within a list', () => {
    const raw = list({ stringValue: 'x' }, five, map({ five }))
    const [, ...rest] = decodeValue(raw) as unknown[]
    expect(mergeRaw(raw, [...rest, 'new'])).toEqual(list(five, map({ five }), { stringValue: 'new' }))
    expect(mergeRaw(raw, ['new', 'x', ...rest])).toEqual(
      list({ stringValue: 'new' }, { stringValue: 'x' }, five, map({ five })),
    )
  })
})

it('keeps a double a double when the number changes, and any other type what it has become', () => {
  expect(mergeRaw(five, 7)).toEqual({ doubleValue: 7 })
  expect(mergeRaw({ integerValue: '5' }, 7.5)).toEqual({ doubleValue: 7.5 })
  expect(mergeRaw({ stringValue: '5' }, 5)).toEqual({ integerValue: '5' })
})

it('changes as little as it can: members of maps, lists and vectors whole', () => {
  const vector = (n: number): Value => map({ __type__: { stringValue: '__vector__' }, value: list({ doubleValue: n }) })
  const before = { a: map({ b: map({ c: five, d: five }), e: five }), l: list(five), v: vector(1), gone: five }
  const after = {
    a: map({ b: map({ c: foreign, d: five }), e: five }),
    l: list(foreign),
    v: vector(2),
    new: map({ x: five }),
  }
  expect(changesBetween(before, after)).toEqual([
    { path: ['a', 'b', 'c'], value: foreign },
    { path: ['l'], value: list(foreign) },
    { path: ['v'], value: vector(2) },
    { path: ['gone'], value: undefined },
    { path: ['new'], value: map({ x: five }) },
  ])
})
