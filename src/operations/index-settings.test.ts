import { expect, test } from 'vitest'
import { isExempt, parseIndexSettings } from './index-settings.ts'

const read = (text: string): ReturnType<typeof parseIndexSettings> =>
  parseIndexSettings(text, '/shop/firestore.indexes.json')

test('comments and trailing commas are passed over, and strings that look like them kept', () => {
  const text = `{
    // deployed by hand
    "fieldOverrides": [
      { "collectionGroup": "a//b", "fieldPath": "x/*y*/,}", "ttl": true, "indexes": [], }, /* the
      last */
    ],
  }`
  const field = { collection: 'a//b', field: 'x/*y*/,}' }
  expect(read(text)).toEqual({ expiring: [field], acrossCollections: [], overridden: [{ ...field, indexed: false }] })
})

test('a file without anything says nothing', () => {
  const nothing = { expiring: [], acrossCollections: [], overridden: [] }
  expect(read('{}')).toEqual(nothing)
  expect(read('{ "indexes": [], "fieldOverrides": [] }')).toEqual(nothing)
})

test('the scope is one collection where the file does not say', () => {
  expect(
    read('{"indexes":[{"collectionGroup":"c","fields":[{"fieldPath":"f","order":"ASCENDING"}]}]}').acrossCollections,
  ).toEqual([])
})

test.each([
  ['a list', '[]'],
  ['fields without a path', '{"fieldOverrides":[{"collectionGroup":"c"}]}'],
])('%s is refused with the file', (_, text) => {
  expect(() => read(text)).toThrow(
    expect.objectContaining({ code: 'LS-1003', where: { file: '/shop/firestore.indexes.json' } }),
  )
})

test('what is no JSON is refused with the place', () => {
  expect(() => read('{\n  "indexes": [1 2]\n}')).toThrow(
    expect.objectContaining({
      code: 'LS-2401',
      where: { file: '/shop/firestore.indexes.json', line: 2, column: 17, source: '  "indexes": [1 2]' },
    }),
  )
})

test('a field is exempt by itself, by the map around it, or by what is said of all', () => {
  const override = (fieldPath: string, indexes?: readonly object[]): object => ({
    collectionGroup: 'c',
    fieldPath,
    indexes,
  })
  const indexed = [{ order: 'ASCENDING', queryScope: 'COLLECTION' }]
  const settings = read(
    JSON.stringify({
      fieldOverrides: [override('a', []), override('a.b', indexed), override('`x.y`', []), override('ttl')],
    }),
  )
  const exempt = (...path: readonly string[]): boolean => isExempt(settings, 'c', path)
  expect([exempt('a'), exempt('a', 'z', 'q'), exempt('x.y'), exempt('x.y', 'z')]).toEqual([true, true, true, true])
  expect([exempt('a', 'b'), exempt('a', 'b', 'c'), exempt('x', 'y'), exempt('ttl')]).toEqual([
    false,
    false,
    false,
    false,
  ])
  expect(isExempt(settings, 'd', ['a'])).toBe(false)
  const all = read(JSON.stringify({ fieldOverrides: [override('*', []), override('kept', indexed)] }))
  expect([isExempt(all, 'c', ['any']), isExempt(all, 'c', ['kept']), isExempt(all, 'd', ['any'])]).toEqual([
    true,
    false,
    false,
  ])
})
