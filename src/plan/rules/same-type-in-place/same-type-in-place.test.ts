import { expect, test } from 'vitest'
import type { FieldType } from '../../../operations/conversions/conversion.ts'
import type { ShapeChange } from '../../../operations/shape-change.ts'
import { noIndexSettings } from '../../../operations/index-settings.ts'
import type { RuleFinding } from '../rule.ts'
import { sameTypeInPlace } from './same-type-in-place.ts'

type Conversion = Extract<ShapeChange, { change: 'convert' }>

function check(...changes: readonly ShapeChange[]): readonly RuleFinding[] {
  return sameTypeInPlace.check({
    migration: { id: '20261122093000_x', steps: [{ changes }] },
    earlier: [],
    facts: { oldestReaders: undefined, indexes: noIndexSettings },
  })
}

const convert = (from: FieldType, to: FieldType, more: Partial<Conversion> = {}): Conversion => ({
  change: 'convert',
  pattern: 'Shop/{id}',
  path: ['price'],
  to: ['price'],
  conversion: { from, to },
  custom: true,
  ...more,
})
const marker = { path: ['v'], value: { integerValue: '2' } }

test.each([
  ['cents to euros', convert('int', 'int')],
  ['a built-in one that writes a string otherwise', convert('string', 'string', { custom: false })],
  ['double is a number already', convert('number', 'double')],
  ['so is int', convert('int', 'number')],
])('in place, %s: an error', (_, change) => {
  expect(check(change).map(({ severity }) => severity)).toEqual(['error'])
})

test.each([
  ['of another type', convert('string', 'timestamp')],
  ['between int and double, which the type tells', convert('int', 'double')],
  ['between numbers by a built-in one, which can be repeated', convert('number', 'double', { custom: false })],
  ['with a marker', convert('int', 'int', { marker })],
  ['beside', convert('int', 'int', { to: ['euros'] })],
])('a conversion %s is no finding', (_, change) => {
  expect(check(change)).toEqual([])
})

test('a path counts by its keys', () => {
  expect(check(convert('int', 'int', { path: ['a.b'], to: ['a', 'b'] }))).toEqual([])
  expect(check(convert('int', 'int', { path: ['a', 'b'], to: ['a', 'b'] }))).toHaveLength(1)
})

test('free code without a marker is a warning', () => {
  const change = { change: 'transform', pattern: 'Shop/{id}' } as const
  expect(check(change).map(({ severity }) => severity)).toEqual(['warning'])
  expect(check({ ...change, marker })).toEqual([])
})

test('what converts nothing in place is no finding', () => {
  expect(check({ change: 'remove', pattern: 'Shop/{id}', path: ['price'] })).toEqual([])
})

test('the message names field and types', () => {
  expect(check(convert('int', 'int'))[0]?.message).toBe(
    'price of Shop/{id} is converted in place and is int before and after',
  )
  expect(check(convert('number', 'double'))[0]?.message).toContain('number before and double after, which overlap')
})
