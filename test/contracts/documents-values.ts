import { describe, expect, it } from 'vitest'
import type { Fields } from '../../src/stores/documents.ts'
import { valuesByKind as values } from '../stores/values-by-kind.ts'
import { put, seed, writeOne, type Documents } from './documents.ts'

/** Every kind of value survives every way into and out of the database. */
export function valuesContract(documents: Documents): void {
  describe('values', () => {
    it.each(Object.entries(values))('keeps %s through put, get, scan and patch', async (title, value) => {
      const collection = `values-${Object.keys(values).indexOf(title)}`
      const name = `${collection}/a`
      await seed(documents(), [put(name, { v: value, m: { mapValue: { fields: { v: value } } } })])
      const [got] = await documents().get([name])
      expect(got?.fields).toEqual({ v: value, m: { mapValue: { fields: { v: value } } } })
      for await (const scanned of documents().scan({ parent: '', collection, descendants: false }, {}))
        expect(scanned).toEqual(got)
      const patched = await writeOne(documents(), {
        op: 'patch',
        name,
        changes: [{ path: ['w'], value }],
        expect: 'any',
      })
      expect(patched.ok).toBe(true)
      const [again] = await documents().get([name])
      expect(again?.fields).toEqual({ ...got?.fields, w: value })
    })

    it('keeps a whole document of all kinds, byte for byte as JSON', async () => {
      const fields: Fields = Object.fromEntries(
        Object.entries(values).map(([key, value], i) => [`f${i} ${key}`, value]),
      )
      await seed(documents(), [put('values-all/a', fields), put('values-all/empty', {})])
      const [got, empty] = await documents().get(['values-all/a', 'values-all/empty'])
      expect(sorted(got?.fields ?? {})).toBe(sorted(fields))
      expect(JSON.parse(JSON.stringify(got))).toEqual(got)
      expect(empty?.fields).toEqual({})
    })

    it('refuses an embedding in a list', async () => {
      const fields = { list: { arrayValue: { values: [values['a vector'] ?? { nullValue: null }] } } }
      const result = await writeOne(documents(), { op: 'put', name: 'values-list/a', fields, expect: 'any' })
      expect(result).toMatchObject({ ok: false, kind: 'refused' })
    })

    it('cuts timestamps to microseconds as the server does, and no further', async () => {
      await seed(documents(), [put('values-nanos/a', { t: { timestampValue: '2026-01-31T08:30:00.123456789Z' } })])
      const [got] = await documents().get(['values-nanos/a'])
      expect(got?.fields['t']).toEqual({ timestampValue: '2026-01-31T08:30:00.123456Z' })
    })
  })
}

function sorted(fields: Fields): string {
  return JSON.stringify(
    Object.keys(fields)
      .toSorted()
      .map((key) => [key, fields[key]]),
  )
}
