import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyFields, anyValue } from '../../test/stores/arbitrary-values.ts'
import { canonicalJson } from '../kernel/canonical-json.ts'
import { fieldAt, isBlocked, sameValue } from '../operations/field-path.ts'
import type { PreImage } from '../operations/operation.ts'
import type { Document, FieldChange, FieldPath, Fields, Value } from '../stores/documents.ts'
import { hasLanded, imageOf, parseImage, pathsOf, showsAfter, wayBack } from './document-images.ts'

const key = fc.constantFrom('a', 'b', 'c.d')
const path: fc.Arbitrary<FieldPath> = fc.array(key, { minLength: 1, maxLength: 3 })

/** Fields under few names, so that paths meet maps, values and nothing. */
const nested = fc.letrec<{ fields: Fields; value: Value }>((tie) => ({
  fields: fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    anyValue,
    tie('fields').map((fields): Value => ({ mapValue: { fields } })),
  ),
})).fields

const change: fc.Arbitrary<FieldChange> = fc.record({ path, value: fc.option(anyValue, { nil: undefined }) })

/** Changes as an operation makes them: no path inside another, none through what is not a map. */
const rewritten = fc.tuple(nested, fc.array(change, { minLength: 1, maxLength: 4 })).map(([fields, wanted]) => {
  const changes: FieldChange[] = []
  for (const each of wanted) {
    const apart = changes.every(({ path: other }) => !isWithin(each.path, other) && !isWithin(other, each.path))
    if (apart && !isBlocked({ fields }, each.path) && !sameValue(fieldAt({ fields }, each.path), each.value))
      changes.push(each)
  }
  return { before: document(fields, '1'), changes }
})

function isWithin(outer: FieldPath, inner: FieldPath): boolean {
  return outer.every((part, index) => inner[index] === part)
}

function document(fields: Fields, updateTime: string): Document {
  return { name: 'Users/a', fields, updateTime, createTime: '0' }
}

/** What Firestore does with an update mask. */
function write(fields: Fields, { path: [first = '', ...rest], value }: FieldChange): Fields {
  const { [first]: inner, ...others } = fields
  if (rest.length === 0) return value === undefined ? others : { ...fields, [first]: value }
  const below = inner !== undefined && 'mapValue' in inner ? inner.mapValue.fields : undefined
  if (below === undefined && value === undefined) return fields
  return { ...fields, [first]: { mapValue: { fields: write(below ?? {}, { path: rest, value }) } } }
}

function apply(fields: Fields, changes: readonly FieldChange[]): Fields {
  return changes.reduce(write, fields)
}

const stored = (before: Document, changes: readonly FieldChange[]) =>
  parseImage(JSON.parse(JSON.stringify(imageOf({ op: 'patch', document: before, changes }, before.name))) as PreImage)

describe('wayBack', () => {
  it('gives back the document, maps that we made included', () => {
    const back = fc.property(rewritten, ({ before, changes }) => {
      fc.pre(changes.length > 0)
      const image = stored(before, changes)
      const after = document(apply(before.fields, changes), '2')
      expect(showsAfter(after, image.after)).toBe(true)
      const { changes: undo, foreign } = wayBack(after, image)
      expect(foreign).toEqual([])
      expect(canonicalJson(apply(after.fields, undo))).toBe(canonicalJson(before.fields))
    })
    fc.assert(back, { numRuns: 500 })
  })

  it('has nothing to do in a document that our write never reached', () => {
    const untouched = fc.property(rewritten, ({ before, changes }) => {
      expect(wayBack(before, stored(before, changes))).toEqual({ changes: [], foreign: [] })
    })
    fc.assert(untouched)
  })

  it('keeps what someone wrote elsewhere in the document', () => {
    const elsewhere = fc.property(rewritten, anyValue, ({ before, changes }, theirs) => {
      const after = document({ ...apply(before.fields, changes), theirs }, '3')
      const undone = apply(after.fields, wayBack(after, stored(before, changes)).changes)
      expect(canonicalJson(undone)).toBe(canonicalJson({ ...before.fields, theirs }))
    })
    fc.assert(elsewhere)
  })

  it('leaves a value that is neither ours nor the old one, and names it', () => {
    const before = document({ name: { stringValue: 'Ada' } }, '1')
    const image = stored(before, [{ path: ['language'], value: { stringValue: 'en' } }])
    const now = document({ ...before.fields, language: { stringValue: 'fr' } }, '3')
    expect(wayBack(now, image)).toEqual({ changes: [], foreign: [['language']] })
  })

  it('leaves a field that someone removed removed', () => {
    const before = document({ language: { stringValue: 'de' } }, '1')
    const image = stored(before, [{ path: ['language'], value: { stringValue: 'en' } }])
    expect(wayBack(document({}, '3'), image)).toEqual({ changes: [], foreign: [['language']] })
  })

  it('keeps a map that we made when someone put more into it', () => {
    const image = stored(document({}, '1'), [{ path: ['settings', 'tone'], value: { stringValue: 'kind' } }])
    const fields = {
      settings: { mapValue: { fields: { tone: { stringValue: 'kind' }, volume: { integerValue: '3' } } } },
    } as const
    expect(wayBack(document(fields, '3'), image).changes).toEqual([{ path: ['settings', 'tone'], value: undefined }])
  })

  it('keeps an empty map that was there before', () => {
    const before = document({ settings: { mapValue: { fields: {} } } }, '1')
    const changes = [{ path: ['settings', 'tone'], value: { stringValue: 'kind' } }]
    const after = document(apply(before.fields, changes), '2')
    expect(apply(after.fields, wayBack(after, stored(before, changes)).changes)).toEqual(before.fields)
  })

  it('removes two levels of maps in one change', () => {
    const image = stored(document({}, '1'), [{ path: ['a', 'b', 'c'], value: { integerValue: '1' } }])
    const after = document(apply({}, [{ path: ['a', 'b', 'c'], value: { integerValue: '1' } }]), '2')
    expect(wayBack(after, image).changes).toEqual([{ path: ['a'], value: undefined }])
  })
})

describe('showsAfter', () => {
  it('is the judge of a write whose answer was lost', () => {
    const judged = fc.property(rewritten, ({ before, changes }) => {
      fc.pre(changes.length > 0)
      const { after } = stored(before, changes)
      expect(showsAfter(document(apply(before.fields, changes), '2'), after)).toBe(true)
      expect(showsAfter(before, after)).toBe(false)
    })
    fc.assert(judged)
  })
})

describe('hasLanded', () => {
  it('knows a document that we created by what we put into it, whatever came to it since', () => {
    const fields = { map: { mapValue: { fields: { x: { integerValue: '1' } } } } } as const
    const image = { version: undefined, after: [[[], { mapValue: { fields } }]] } as const
    const more = { ...fields.map.mapValue.fields, y: { integerValue: '2' } } as const
    expect(hasLanded(undefined, image)).toBe(false)
    expect(hasLanded(document(fields, '2'), image)).toBe(true)
    expect(hasLanded(document({ map: { mapValue: { fields: more } }, email: { nullValue: null } }, '3'), image)).toBe(
      true,
    )
    expect(hasLanded(document({ map: { mapValue: { fields: { y: more.y } } } }, '3'), image)).toBe(false)
  })
})

describe('a value that was removed', () => {
  const removal: FieldChange = { path: ['m', 'x'], value: undefined }
  const text: Value = { stringValue: 'x' }
  const image = stored(document({ m: { mapValue: { fields: { x: text } } } }, '1'), [removal])

  it('comes back, also into a map that is gone', () => {
    expect(wayBack(document({}, '2'), image)).toEqual({ changes: [{ path: ['m', 'x'], value: text }], foreign: [] })
  })

  it('does not replace what others put in the way', () => {
    expect(wayBack(document({ m: text }, '2'), image)).toEqual({ changes: [], foreign: [['m', 'x']] })
  })
})

describe('pathsOf', () => {
  it('asks for a made map as a whole, and for nothing inside it again', () => {
    const image = stored(document({}, '1'), [
      { path: ['a', 'b'], value: { integerValue: '1' } },
      { path: ['c'], value: { integerValue: '2' } },
    ])
    expect(pathsOf([image, image])).toEqual([['c'], ['a']])
  })
})

it('an image survives the ledger: any value comes back as it was', () => {
  const kept = fc.property(anyFields, anyValue, (fields, value) => {
    const image = stored(document(fields, '1'), [{ path: ['x'], value }])
    expect(image).toMatchObject({ name: 'Users/a', version: '1' })
    expect(sameValue(image.after[0]?.[1] ?? undefined, value)).toBe(true)
    expect(sameValue(image.before[0]?.[1] ?? undefined, fields['x'])).toBe(true)
  })
  fc.assert(kept)
})
