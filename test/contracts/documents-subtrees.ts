import { beforeAll, describe, expect, it } from 'vitest'
import { compareNames } from '../../src/stores/document-names.ts'
import type { CollectionScope, Document, DocumentReader, NameRange, Value } from '../../src/stores/documents.ts'
import { namesOf, put, seed, type Documents } from './documents.ts'

/** Everything in and below one collection, in Firestore's order. Some of the documents above others do not exist. */
const inside = [
  'sub/__id-9223372036854775808__',
  'sub/__id-9223372036854775808__/x/1',
  'sub/__id7__',
  'sub/__id7__/x/__id10__',
  'sub/__id10__',
  'sub/ ',
  'sub/1',
  'sub/1/a\u0000/q',
  'sub/1/a!/q',
  'sub/1/m/1',
  'sub/1/m/1/sub/deep',
  'sub/1/m2/1',
  'sub/1/\uf8ff/1',
  'sub/1/😀/1',
  'sub/1\u0000/b/1',
  'sub/1!',
  'sub/10',
  'sub/ghost/a/1/b/2/c/3',
  'sub/ghost/a/2',
  'sub/ü/-/-',
  'sub/\uf8ff',
  'sub/😀',
]

/** Next to it, below collections whose ids begin like its own or sort around it. */
const outside = [
  'su/1',
  'sub\u0000/__id7__',
  'sub\u0000/1',
  'sub \u0000/1',
  'sub!/1',
  'sub-x/1',
  'sub2/1/sub/2',
  'sub~/1',
]

/** Ends that lie outside the subtree, or are no document's name. */
const places = ['a/1', 'su/1', 'sub/1/', 'sub/1/m/1/', 'sub/nothing', 'sub/1/n/1', 'sub\u0000/1', 'sub!/1', 'zz/1']

/** Scans, partitions and counts of a collection with all that is below it: at the root, and below documents. */
export function subtreeContract(documents: Documents, splits: boolean): void {
  describe.each(['', 'subs/one', 'subs/two/deeper/missing'])("the subtree below '%s'", (parent) => {
    const under = (name: string) => (parent === '' ? name : `${parent}/${name}`)
    const scope: CollectionScope = { parent, collection: 'sub', descendants: false, subtree: true }
    const names = inside.map(under)
    const scan = (range: NameRange = {}) => namesOf(documents().scan(scope, range, { fields: [] }))

    beforeAll(async () => {
      const fields = [{ v: one, w: one }, { m: { mapValue: { fields: { in: { nullValue: null } } } } }] as const
      const writes = [...inside, ...outside].map((name, i) => put(under(name), fields[i % 2]))
      await seed(documents(), writes.toReversed())
    })

    it('has the collection and all below it in name order, and nothing of its neighbours', async () => {
      expect(await scan()).toEqual(names)
      expect(await namesOf(documents().scan({ ...scope, subtree: false }, {}))).toEqual(names.filter(isDirect(parent)))
    })

    it('keeps both ends of a range out, at any depth', async () => {
      for (const [i, name] of names.entries()) {
        expect(await scan({ after: name })).toEqual(names.slice(i + 1))
        expect(await scan({ before: name })).toEqual(names.slice(0, i))
        const last = names[names.length - 1 - i]
        expect(await scan({ after: name, ...(last === undefined ? {} : { before: last }) })).toEqual(
          names.slice(i + 1, Math.max(i + 1, names.length - 1 - i)),
        )
      }
    })

    it('takes ends that are outside, or no names of documents', async () => {
      for (const place of [...outside, ...places].map(under)) {
        expect(await scan({ after: place }), `after ${place}`).toEqual(names.filter(isBehind(place)))
        expect(await scan({ before: place }), `before ${place}`).toEqual(names.filter((name) => !isBehind(place)(name)))
      }
      if (parent !== '') expect(await scan({ after: parent, before: `${parent}z` })).toEqual(names)
      if (parent !== '') expect(await scan({ after: 'zz/1' })).toEqual([])
    })

    it('reads whole documents, or a projection with the versions', async () => {
      const whole = await allOf(documents().scan(scope, {}))
      expect(whole).toEqual(await documents().get(names))
      const projected = await allOf(documents().scan(scope, {}, { fields: [['v']] }))
      expect(projected).toEqual(whole.map((found) => ({ ...found, fields: 'v' in found.fields ? { v: one } : {} })))
    })

    it('counts what it has, and what has a field', async () => {
      expect(await documents().count(scope)).toBe(inside.length)
      expect(await documents().count(scope, ['v'])).toBe(inside.length / 2)
      expect(await documents().count(scope, ['m', 'in'])).toBe(inside.length / 2)
      expect(await documents().count(scope, ['m', 'none'])).toBe(0)
      expect(await documents().count({ ...scope, collection: 'none' })).toBe(0)
    })

    it.each([2, 3, 8, 100])('%i parts cover it without gap or overlap', async (count) => {
      const parts = await partsOf(documents(), scope, count)
      expect(parts.flat()).toEqual(names)
      expect(parts.length).toBeLessThanOrEqual(count)
      expect(parts.length > 1).toBe(splits)
    })
  })

  it('parts find all that is added after the split, also directly behind where they meet', async () => {
    const scope: CollectionScope = { parent: '', collection: 'grows', descendants: false, subtree: true }
    const first = ['b', 'd', 'd/x/1', 'f'].map((name) => `grows/${name}`)
    await seed(
      documents(),
      first.map((name) => put(name)),
    )
    const ranges = await documents().partition(scope, 9)
    expect(ranges.length).toBe(splits ? 3 : 1)
    const added = first.flatMap((name) =>
      ['\u0000', '-', '/-/-', '/+/+', '/\u0000/\u0000', '/ / ', '/x/0', '/\u0000/__id-9223372036854775808__'].map(
        (end) => name + end,
      ),
    )
    await seed(
      documents(),
      added.map((name) => put(name)),
    )
    const parts = await Promise.all(ranges.map((range) => namesOf(documents().scan(scope, range))))
    expect(parts.flat()).toEqual([...first, ...added].toSorted(compareNames))
  })

  it('an empty subtree has no documents and one part', async () => {
    const scope: CollectionScope = { parent: 'subs/one', collection: 'no such', descendants: false, subtree: true }
    expect(await partsOf(documents(), scope, 4)).toEqual([[]])
    expect(await documents().partition(scope, 1)).toEqual([{}])
  })
}

const one: Value = { integerValue: '1' }

const isDirect = (parent: string) => (name: string) =>
  name.split('/').length === (parent === '' ? 2 : parent.split('/').length + 2)

const isBehind = (place: string) => (name: string) => compareNames(name, place) > 0

async function partsOf(
  documents: DocumentReader,
  scope: CollectionScope,
  count: number,
): Promise<readonly (readonly string[])[]> {
  const ranges = await documents.partition(scope, count)
  expect(ranges[0]?.after).toBeUndefined()
  expect(ranges.at(-1)?.before).toBeUndefined()
  expect(ranges.slice(1).map((range) => range.after)).toEqual(ranges.slice(0, -1).map((range) => range.before))
  return Promise.all(ranges.map((range) => namesOf(documents.scan(scope, range, { fields: [] }))))
}

async function allOf(found: AsyncIterable<Document>): Promise<readonly Document[]> {
  const documents: Document[] = []
  for await (const document of found) documents.push(document)
  return documents
}
