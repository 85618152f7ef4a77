import { beforeAll, describe, expect, it } from 'vitest'
import type { CollectionScope } from '../../src/stores/documents.ts'
import { namesOf, put, seed, type Documents } from './documents.ts'

/** Reads by name, counts and the ids of collections. */
export function readingContract(documents: Documents): void {
  const scope = (collection: string, parent = '', descendants = false): CollectionScope => ({
    parent,
    collection,
    descendants,
  })

  describe('get', () => {
    it('answers in the order of the names, with repeats and gaps', async () => {
      await seed(
        documents(),
        Array.from({ length: 1_100 }, (_, i) => put(`get/d${i}`, { i: { integerValue: String(i) } })),
      )
      const names = Array.from({ length: 1_200 }, (_, i) => `get/d${(i * 7) % 1_300}`)
      const found = await documents().get([...names, 'get/d1', 'get/d1'])
      expect(found.map((document) => document?.name)).toEqual(
        [...names, 'get/d1', 'get/d1'].map((name) => (Number(name.slice(5)) < 1_100 ? name : undefined)),
      )
      expect(await documents().get([])).toEqual([])
    })
  })

  describe('tree', () => {
    beforeAll(async () => {
      await seed(documents(), [
        put('tree/a', { v: { integerValue: '1' }, m: { mapValue: { fields: { in: { nullValue: null } } } } }),
        put('tree/b', { other: { nullValue: null } }),
        put('tree/a/leaves/1', { v: { nullValue: null } }),
        put('tree/a/leaves/1/leaves/deep', {}),
        put('tree/ghost/leaves/2', { v: { stringValue: '' } }),
        put('tree/ghost/twigs/1/leaves/3', {}),
        put('bush/x/leaves/4', { v: { arrayValue: { values: [] } } }),
        put('leaves/root', {}),
        put('tree/ab/leaves/5', {}),
        put('tree/a/leavesnot/6', {}),
      ])
    })

    it('finds documents under parents that do not exist', async () => {
      expect(await namesOf(documents().scan(scope('leaves', 'tree/ghost'), {}))).toEqual(['tree/ghost/leaves/2'])
      expect(await documents().get(['tree/ghost'])).toEqual([undefined])
      expect(await namesOf(documents().scan(scope('tree'), {}))).toEqual(['tree/a', 'tree/b'])
    })

    it('finds one collection id at any depth, in name order', async () => {
      expect(await namesOf(documents().scan(scope('leaves', '', true), {}))).toEqual([
        'bush/x/leaves/4',
        'leaves/root',
        'tree/a/leaves/1',
        'tree/a/leaves/1/leaves/deep',
        'tree/ab/leaves/5',
        'tree/ghost/leaves/2',
        'tree/ghost/twigs/1/leaves/3',
      ])
      expect(await namesOf(documents().scan(scope('leaves', 'tree/ghost', true), {}))).toEqual([
        'tree/ghost/leaves/2',
        'tree/ghost/twigs/1/leaves/3',
      ])
      expect(await namesOf(documents().scan(scope('leaves', 'tree/a', true), {}))).toEqual([
        'tree/a/leaves/1',
        'tree/a/leaves/1/leaves/deep',
      ])
    })

    it('a plain collection is only its own depth', async () => {
      expect(await namesOf(documents().scan(scope('leaves'), {}))).toEqual(['leaves/root'])
      expect(await namesOf(documents().scan(scope('leaves', 'tree/a'), {}))).toEqual(['tree/a/leaves/1'])
      expect(await namesOf(documents().scan(scope('nothing'), {}))).toEqual([])
    })

    it('counts scopes, and those that have a field, also when it is null', async () => {
      expect(await documents().count(scope('tree'))).toBe(2)
      expect(await documents().count(scope('leaves', '', true))).toBe(7)
      expect(await documents().count(scope('leaves', 'tree/ghost', true))).toBe(2)
      expect(await documents().count(scope('tree'), ['v'])).toBe(1)
      expect(await documents().count(scope('tree'), ['m', 'in'])).toBe(1)
      expect(await documents().count(scope('tree'), ['m', 'none'])).toBe(0)
      expect(await documents().count(scope('leaves', '', true), ['v'])).toBe(3)
      expect(await documents().count(scope('leaves', 'tree/a', true), ['v'])).toBe(1)
      expect(await documents().count(scope('nothing'))).toBe(0)
    })

    it('lists collections below a document, a missing one and the root, sorted', async () => {
      expect(await documents().collectionIds('tree/a')).toEqual(['leaves', 'leavesnot'])
      expect(await documents().collectionIds('tree/ghost')).toEqual(['leaves', 'twigs'])
      expect(await documents().collectionIds('tree/b')).toEqual([])
      expect(await documents().collectionIds('')).toEqual(expect.arrayContaining(['bush', 'leaves', 'tree']))
    })
  })
}
