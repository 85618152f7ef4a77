import { expect, test } from 'vitest'
import { parseIndexSettings } from './index-settings.ts'

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
  expect(read(text)).toEqual({ expiring: [{ collection: 'a//b', field: 'x/*y*/,}' }], acrossCollections: [] })
})

test('a file without anything says nothing', () => {
  expect(read('{}')).toEqual({ expiring: [], acrossCollections: [] })
  expect(read('{ "indexes": [], "fieldOverrides": [] }')).toEqual({ expiring: [], acrossCollections: [] })
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
