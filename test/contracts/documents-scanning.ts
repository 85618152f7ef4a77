import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { beforeAll, describe, expect, it } from 'vitest'
import type { CollectionScope, Document, NameRange } from '../../src/stores/documents.ts'
import { namesOf, put, seed, type Documents } from './documents.ts'

const many = 10_000
const plain: CollectionScope = { parent: '', collection: 'many', descendants: false }
const group: CollectionScope = { parent: '', collection: 'spread', descendants: true }
const idOf = (i: number) => `d${String(i).padStart(6, '0')}`

/** Ids in Firestore's order, which is that of UTF-8 bytes; UTF-16 order would put 😀 before U+F8FF. */
const oddIds = [
  ' ',
  '!',
  '-',
  '.a',
  '1',
  '10',
  '2',
  'A',
  'B',
  'a',
  'a b',
  'ab',
  'a\u0301',
  'b',
  '~',
  'ü',
  'я',
  '中',
  '\uf8ff',
  '😀',
]

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function heapInUse(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

/** Scans: order, ranges, projection, stopping, and partitions. */
export function scanningContract(documents: Documents, splits: boolean): void {
  const scan = (scope: CollectionScope, range: NameRange = {}) => documents().scan(scope, range, { fields: [] })

  describe('scan', () => {
    beforeAll(async () => {
      await seed(
        documents(),
        Array.from({ length: many }, (_, i) =>
          put(`many/${idOf(i)}`, { i: { integerValue: String(i) }, pad: { stringValue: 'x'.repeat(2_000) } }),
        ),
      )
      await seed(
        documents(),
        Array.from({ length: 900 }, (_, i) => put(`owners/${idOf(i % 30)}/spread/${i}`)),
      )
    })

    it('gives each document once, in order, from more than one query', async () => {
      const names = await namesOf(scan(plain))
      expect(names).toEqual(Array.from({ length: many }, (_, i) => `many/${idOf(i)}`))
    })

    it('keeps both ends of a range out', async () => {
      const range = { after: `many/${idOf(10)}`, before: `many/${idOf(15)}` }
      expect(await namesOf(scan(plain, range))).toEqual([11, 12, 13, 14].map((i) => `many/${idOf(i)}`))
      expect(await namesOf(scan(plain, { before: `many/${idOf(2)}` }))).toEqual([0, 1].map((i) => `many/${idOf(i)}`))
      expect(await namesOf(scan(plain, { after: `many/${idOf(many - 2)}` }))).toEqual([`many/${idOf(many - 1)}`])
      expect(await namesOf(scan(plain, { after: 'many/x' }))).toEqual([])
    })

    it('reads a projection with the versions', async () => {
      const range = { before: `many/${idOf(3)}` }
      const whole = await allOf(documents().scan(plain, range))
      const projected = await allOf(documents().scan(plain, range, { fields: [['i'], ['none']] }))
      expect(projected).toEqual(whole.map((found) => ({ ...found, fields: { i: found.fields['i'] } })))
      expect(await allOf(scan(plain, range))).toEqual(whole.map((found) => ({ ...found, fields: {} })))
    })

    it('stops when the consumer does, and can be started again', async () => {
      for (let round = 0; round < 20; round++) {
        const seen: string[] = []
        for await (const { name } of documents().scan(plain, {})) if (seen.push(name) === 3) break
        expect(seen).toEqual([0, 1, 2].map((i) => `many/${idOf(i)}`))
      }
    })

    it('stops promptly when it is aborted, with the reason given', async () => {
      const reason = new Error('enough')
      const before = new AbortController()
      before.abort(reason)
      await expect(namesOf(documents().scan(plain, {}, { signal: before.signal }))).rejects.toBe(reason)
      const during = new AbortController()
      let seen = 0
      const reading = (async () => {
        for await (const _ of documents().scan(plain, {}, { signal: during.signal }))
          if (++seen === 5) during.abort(reason)
      })()
      await expect(reading).rejects.toBe(reason)
      expect(seen).toBe(5)
    })

    it('orders ids as the server does, whatever characters they have', async () => {
      await seed(
        documents(),
        oddIds.toReversed().map((id) => put(`odd/${id}`)),
      )
      const scope: CollectionScope = { parent: '', collection: 'odd', descendants: false }
      expect(await namesOf(scan(scope))).toEqual(oddIds.map((id) => `odd/${id}`))
      for (const [i, id] of oddIds.entries()) {
        expect(await namesOf(scan(scope, { after: `odd/${id}` }))).toEqual(
          oddIds.slice(i + 1).map((later) => `odd/${later}`),
        )
      }
      expect((await documents().get(oddIds.map((id) => `odd/${id}`))).map((found) => found?.name)).toEqual(
        oddIds.map((id) => `odd/${id}`),
      )
    })

    it('does not hold the documents it has given', async () => {
      const heaps: number[] = []
      let seen = 0
      for await (const _ of documents().scan(plain, {})) {
        if (++seen % 2_000 === 0) heaps.push(heapInUse())
      }
      expect(seen).toBe(many)
      // What they hold together is more than 20 MB.
      expect(Math.max(...heaps) - (heaps[0] ?? 0)).toBeLessThan(8 * 1024 * 1024)
    })
  })

  describe('partition', () => {
    const covers = async (scope: CollectionScope, count: number) => {
      const ranges = await documents().partition(scope, count)
      expect(ranges.length).toBeLessThanOrEqual(count)
      expect(ranges[0]?.after).toBeUndefined()
      expect(ranges.at(-1)?.before).toBeUndefined()
      expect(ranges.slice(1).map((range) => range.after)).toEqual(ranges.slice(0, -1).map((range) => range.before))
      const parts = await Promise.all(ranges.map((range) => namesOf(scan(scope, range))))
      expect(parts.flat()).toEqual(await namesOf(scan(scope)))
      return parts.map((part) => part.length)
    }

    it('covers a collection without gap or overlap, in parts of about equal size', async () => {
      const sizes = await covers(plain, 8)
      expect(sizes.length).toBe(splits ? 8 : 1)
      if (splits) expect(Math.max(...sizes)).toBeLessThan((many / 8) * 1.5)
    })

    it('covers a collection group, and a part of it', async () => {
      expect((await covers(group, 4)).length).toBe(splits ? 4 : 1)
      await covers({ ...group, parent: `owners/${idOf(3)}` }, 4)
      await covers({ parent: `owners/${idOf(3)}`, collection: 'spread', descendants: false }, 4)
    })

    it('covers a group in which documents have descendants of the same collection id', async () => {
      const deep = ['a', 'a/nest/b', 'a/nest/b/nest/c', 'b', 'b/-/x/nest/q', 'b/nest/a', 'c'].map(
        (name) => `nest/${name}`,
      )
      await seed(
        documents(),
        deep.map((name) => put(name)),
      )
      const parts = await covers({ parent: '', collection: 'nest', descendants: true }, 5)
      expect(parts.length > 1).toBe(splits)
      await covers({ parent: '', collection: 'nest', descendants: false }, 5)
    })

    it('covers an empty collection and a single document', async () => {
      expect(await covers({ parent: '', collection: 'no such', descendants: false }, 4)).toEqual([0])
      expect(await documents().partition(plain, 1)).toEqual([{}])
    })

    it('finds in a part what was added after the split', async () => {
      const scope: CollectionScope = { parent: '', collection: 'later', descendants: false }
      await seed(
        documents(),
        ['b', 'd', 'f', 'h'].map((id) => put(`later/${id}`)),
      )
      const ranges = await documents().partition(scope, 3)
      await seed(
        documents(),
        ['a', 'bb', 'c', 'e', 'g', 'z', 'd\u0000', 'b-', 'd~'].map((id) => put(`later/${id}`)),
      )
      const parts = await Promise.all(ranges.map((range) => namesOf(scan(scope, range))))
      expect(parts.flat()).toEqual(await namesOf(scan(scope)))
      expect(parts.flat().length).toBe(13)
    })
  })
}

async function allOf(found: AsyncIterable<Document>): Promise<readonly Document[]> {
  const documents: Document[] = []
  for await (const document of found) documents.push(document)
  return documents
}
