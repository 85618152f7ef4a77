import { describe, expect, it } from 'vitest'
import type { DocumentWrite, Expect, Value } from '../../src/stores/documents.ts'
import { namesOf, put, seed, writeOne, type Documents } from './documents.ts'

const one: Value = { integerValue: '1' }
const two: Value = { integerValue: '2' }
const map = (fields: Record<string, Value>): Value => ({ mapValue: { fields } })
const stale = '2001-01-01T00:00:00.000001Z'

/** Writes: masks, expectations, what each failure is called, batches and commits. */
export function writingContract(documents: Documents): void {
  const fieldsOf = async (name: string) => (await documents().get([name]))[0]?.fields
  const versionOf = async (name: string) => (await documents().get([name]))[0]?.updateTime ?? 'missing'
  const patch = (
    name: string,
    changes: Record<string, Value | undefined>,
    expectation: Expect = 'any',
  ): DocumentWrite => ({
    op: 'patch',
    name,
    expect: expectation,
    changes: Object.entries(changes).map(([path, value]) => ({ path: path.split('>'), value })),
  })

  describe('masks', () => {
    it('changes only the named fields, nested ones too', async () => {
      await seed(documents(), [
        put('masks/a', { keep: one, change: one, m: map({ keep: one, change: one, gone: one }) }),
      ])
      await seed(documents(), [
        patch('masks/a', { change: two, new: two, 'm>change': two, 'm>gone': undefined, 'deep>er>est': one }),
      ])
      expect(await fieldsOf('masks/a')).toEqual({
        keep: one,
        change: two,
        new: two,
        m: map({ keep: one, change: two }),
        deep: map({ er: map({ est: one }) }),
      })
    })

    it('removes a field, and a field that was not there', async () => {
      await seed(documents(), [put('masks/b', { a: one, b: one })])
      await seed(documents(), [patch('masks/b', { a: undefined, c: undefined })])
      expect(await fieldsOf('masks/b')).toEqual({ b: one })
    })

    it('takes keys with dots, back-ticks, backslashes, blanks and digits as they are', async () => {
      await seed(documents(), [put('masks/c', { a: map({ b: one }), 'a.b': one, '`': one, '\\': one })])
      await seed(documents(), [
        patch('masks/c', { 'a.b': two, '`': two, '\\': undefined, '1st key': one, 'a>ü.x': two, '`\\`': one }),
      ])
      expect(await fieldsOf('masks/c')).toEqual({
        a: map({ b: one, 'ü.x': two }),
        'a.b': two,
        '`': two,
        '1st key': one,
        '`\\`': one,
      })
    })

    it('reads such keys by projection, and leaves out what is missing', async () => {
      await seed(documents(), [put('masks/d', { 'a.b': one, a: map({ b: two, c: one }), x: one })])
      const fields = [['a.b'], ['a', 'b'], ['none'], ['a', 'none']]
      const [got] = await documents().get(['masks/d'], fields)
      expect(got?.fields).toEqual({ 'a.b': one, a: map({ b: two }) })
      for await (const scanned of documents().scan(
        { parent: '', collection: 'masks', descendants: false },
        { after: 'masks/c' },
        { fields },
      )) {
        expect(scanned).toEqual(got)
      }
      expect((await documents().get(['masks/d'], []))[0]).toEqual({ ...got, fields: {} })
    })

    it('refuses a path inside another before anything is sent', async () => {
      const writes = [put('masks/e'), patch('masks/f', { a: map({}), 'a>b': one })]
      await expect(documents().write(writes)).rejects.toMatchObject({ code: 'LS-2103' })
      expect(await documents().get(['masks/e', 'masks/f'])).toEqual([undefined, undefined])
    })

    it('a put leaves only its own fields; a patch without changes makes the document', async () => {
      await seed(documents(), [put('masks/g', { a: one }), patch('masks/h', {})])
      await seed(documents(), [put('masks/g', { b: two })])
      expect(await fieldsOf('masks/g')).toEqual({ b: two })
      expect(await fieldsOf('masks/h')).toEqual({})
    })
  })

  describe('expectations', () => {
    it.each<[string, DocumentWrite]>([
      ['create what exists', { ...put('expect/there'), expect: { exists: false } }],
      ['patch what is missing', patch('expect/none', { a: one }, { exists: true })],
      ['put on an older version', { ...put('expect/there'), expect: { updateTime: stale } }],
      ['patch an older version', patch('expect/there', { a: one }, { updateTime: stale })],
      ['delete an older version', { op: 'delete', name: 'expect/there', expect: { updateTime: stale } }],
      ['delete what is missing', { op: 'delete', name: 'expect/none', expect: { exists: true } }],
      ['patch a version of what is missing', patch('expect/none', { a: one }, { updateTime: stale })],
    ])('%s is a conflict and changes nothing', async (_, write) => {
      await seed(documents(), [put('expect/there', { v: one })])
      const before = await documents().get(['expect/there', 'expect/none'])
      expect(await writeOne(documents(), write)).toMatchObject({ ok: false, kind: 'conflict' })
      expect(await documents().commit([write])).toMatchObject({ ok: false, kind: 'conflict' })
      expect(await documents().get(['expect/there', 'expect/none'])).toEqual(before)
    })

    it('a write on the version that was read lands and tells the new version', async () => {
      await seed(documents(), [put('expect/a', { v: one })])
      const version = await versionOf('expect/a')
      const result = await writeOne(documents(), patch('expect/a', { v: two }, { updateTime: version }))
      expect(result).toEqual({ ok: true, updateTime: await versionOf('expect/a') })
      expect(await versionOf('expect/a')).not.toBe(version)
      expect(await writeOne(documents(), patch('expect/a', { v: one }, { updateTime: version }))).toMatchObject({
        kind: 'conflict',
      })
      const removed = await writeOne(documents(), {
        op: 'delete',
        name: 'expect/a',
        expect: { updateTime: await versionOf('expect/a') },
      })
      expect(removed.ok).toBe(true)
      expect(await fieldsOf('expect/a')).toBeUndefined()
    })

    it('a write that changes nothing keeps the version', async () => {
      await seed(documents(), [put('expect/b', { v: one })])
      const version = await versionOf('expect/b')
      expect(await writeOne(documents(), patch('expect/b', { v: one }))).toEqual({ ok: true, updateTime: version })
    })

    it('versions have microseconds and are ordered by time', async () => {
      await seed(documents(), [put('expect/c')])
      const [got] = await documents().get(['expect/c'])
      expect(got?.updateTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
      expect(got?.createTime).toBe(got?.updateTime)
    })
  })

  describe('batches', () => {
    it('one failing write leaves its neighbours alone', async () => {
      const results = await documents().write([
        put('batch/a', { v: one }),
        { ...put('batch/b'), expect: { exists: true } },
        put('batch/c', { v: two }),
      ])
      expect(results.map((result) => result.ok || result.kind)).toEqual([true, 'conflict', true])
      expect(await namesOf(documents().scan({ parent: '', collection: 'batch', descendants: false }, {}))).toEqual([
        'batch/a',
        'batch/c',
      ])
    })

    it('a write the server never takes is refused alone', async () => {
      const huge = put('batch-bad/huge', { v: { stringValue: 'x'.repeat(1_200_000) } })
      const nestedArray = put('batch-bad/array', { v: { arrayValue: { values: [{ arrayValue: { values: [] } }] } } })
      const results = await documents().write([
        put('batch-bad/a'),
        huge,
        put('batch-bad/b'),
        nestedArray,
        put('batch-bad/c'),
      ])
      expect(results.map((result) => result.ok || result.kind)).toEqual([true, 'refused', true, 'refused', true])
      expect(await documents().commit([put('batch-bad/d'), nestedArray])).toMatchObject({ ok: false, kind: 'refused' })
      expect(await fieldsOf('batch-bad/d')).toBeUndefined()
    })

    it('splits 1,200 writes and keeps the order of the results', async () => {
      const writes = Array.from({ length: 1_200 }, (_, i): DocumentWrite => ({
        ...put(`split/${i}`, { i: { integerValue: String(i) } }),
        expect: { exists: i % 100 === 99 },
      }))
      const results = await documents().write(writes)
      expect(results.map((result) => result.ok)).toEqual(writes.map((_, i) => i % 100 !== 99))
      expect(await documents().count({ parent: '', collection: 'split', descendants: false })).toBe(1_188)
    })

    it('splits large documents by bytes', async () => {
      const writes = Array.from({ length: 24 }, (_, i) =>
        put(`heavy/${i}`, { v: { stringValue: 'ü'.repeat(450_000) } }),
      )
      expect((await documents().write(writes)).every((result) => result.ok)).toBe(true)
      expect(await documents().count({ parent: '', collection: 'heavy', descendants: false })).toBe(24)
    })

    it('nothing to write is no request', async () => {
      expect(await documents().write([])).toEqual([])
    })

    it('two writes to one name in one call are refused', async () => {
      await expect(documents().write([put('twice/a'), put('twice/a')])).rejects.toMatchObject({ name: 'LockstepError' })
    })
  })

  describe('commits', () => {
    it('all or nothing', async () => {
      await seed(documents(), [put('commit/from', { v: one })])
      const version = await versionOf('commit/from')
      const move: readonly DocumentWrite[] = [
        { ...put('commit/to', { v: one }), expect: { exists: false } },
        { op: 'delete', name: 'commit/from', expect: { updateTime: version } },
      ]
      expect(
        await documents().commit([
          put('commit/other', { v: two }),
          ...move.slice(0, 1),
          patch('commit/from', {}, { updateTime: stale }),
        ]),
      ).toMatchObject({ ok: false, kind: 'conflict' })
      expect(await documents().get(['commit/other', 'commit/to'])).toEqual([undefined, undefined])
      expect((await documents().commit(move)).ok).toBe(true)
      expect((await documents().get(['commit/from', 'commit/to'])).map((found) => found?.fields)).toEqual([
        undefined,
        { v: one },
      ])
    })

    it('all documents of a commit get one version', async () => {
      const result = await documents().commit([put('commit/x', { v: one }), put('commit/y', { v: one })])
      expect(result).toEqual({ ok: true, updateTime: await versionOf('commit/x') })
      expect(await versionOf('commit/y')).toBe(await versionOf('commit/x'))
    })
  })
}
