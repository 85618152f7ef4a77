import { expect, it } from 'vitest'
import { parseMovedFields } from './moved-fields.ts'

it('reads names and new names', () => {
  expect(parseMovedFields(['a', 'b.`c.d`'])).toEqual([
    { from: ['a'], to: ['a'] },
    { from: ['b', 'c.d'], to: ['b', 'c.d'] },
  ])
  expect(parseMovedFields({ a: 'x.y', '`*`': 'z' }, ['m'])).toEqual([
    { from: ['a'], to: ['m', 'x', 'y'] },
    { from: ['*'], to: ['m', 'z'] },
  ])
})

it.each<[string, Parameters<typeof parseMovedFields>[0], string]>([
  ['none', [], 'LS-2002'],
  ['none by name', {}, 'LS-2002'],
  ['one in another', ['a', 'a.b'], 'LS-2103'],
  ['one twice', ['a', 'a'], 'LS-2103'],
  ['two to one place', { a: 'x', b: 'x' }, 'LS-2103'],
  ['one into the other', { a: 'x', b: 'x.y' }, 'LS-2103'],
  ['every key of a map', ['a.*.b'], 'LS-2103'],
  ['members of lists', { 'a[].b': 'c' }, 'LS-2103'],
  ['an empty name', [''], 'LS-2103'],
])('refuses %s', (_, fields, code) => {
  expect(() => parseMovedFields(fields)).toThrow(expect.objectContaining({ code }))
})
