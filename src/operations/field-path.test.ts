import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyFields } from '../../test/stores/arbitrary-values.ts'
import type { FieldPath } from '../stores/documents.ts'
import { fieldAt, isBlocked, parseFieldPath, printFieldPath, sameValue } from './field-path.ts'

const key = fc
  .oneof(
    fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }),
    fc.constantFrom('a.b', '`', '\\', '\\`', '__proto', '0', 'constructor', 'a b'),
  )
  .filter((text) => !/^__.*__$/.test(text))
const path: fc.Arbitrary<FieldPath> = fc.array(key, { minLength: 1, maxLength: 4 })

describe('parseFieldPath', () => {
  it.each<[string, FieldPath]>([
    ['language', ['language']],
    ['settings.tone', ['settings', 'tone']],
    ['a.`b.c`', ['a', 'b.c']],
    ['`a``b`'.replace('``', '\\`'), ['a`b']],
    ['`back\\\\slash`', ['back\\slash']],
    ['größe.中', ['größe', '中']],
  ])('reads %s', (text, expected) => {
    expect(parseFieldPath(text)).toEqual(expected)
  })

  it.each([
    ['', 'it is empty'],
    ['.a', 'it is malformed'],
    ['a.', 'it is malformed'],
    ['a..b', 'it is malformed'],
    ['``', 'it has an empty key'],
    ['a.`b', 'it is malformed'],
    ['a`b`', 'it is malformed'],
    ['a.__x__', 'keys like __x__ are reserved by Firestore'],
    [`a.${'ü'.repeat(751)}`, 'a key is longer than 1,500 bytes'],
  ])('refuses %j', (text, why) => {
    expect(() => parseFieldPath(text)).toThrow(
      expect.objectContaining({ code: 'LS-2103', message: `field "${text}" cannot be written: ${why}` }),
    )
  })

  it('is the inverse of printFieldPath', () => {
    fc.assert(
      fc.property(path, (keys) => {
        expect(parseFieldPath(printFieldPath(keys))).toEqual(keys)
      }),
    )
  })
})

describe('fieldAt', () => {
  it('gives each value of a document under its path, and nothing beside it', () => {
    const fields = { a: { mapValue: { fields: { 'b.c': { integerValue: '1' } } } }, n: { nullValue: null } } as const
    expect(fieldAt({ fields }, ['a', 'b.c'])).toEqual({ integerValue: '1' })
    expect(fieldAt({ fields }, ['n'])).toEqual({ nullValue: null })
    expect(fieldAt({ fields }, ['n', 'x'])).toBeUndefined()
    expect(fieldAt({ fields }, ['a', 'b'])).toBeUndefined()
  })

  it('finds nothing in what every JavaScript object has', () => {
    for (const name of ['constructor', 'toString', '__proto__']) expect(fieldAt({ fields: {} }, [name])).toBeUndefined()
  })
})

describe('isBlocked', () => {
  it.each([
    [{ a: { stringValue: 'x' } }, true],
    [{ a: { nullValue: null } }, true],
    [{ a: { arrayValue: { values: [] } } }, true],
    [{ a: { mapValue: { fields: {} } } }, false],
    [{}, false],
  ])('of a.b in %j is %s', (fields, expected) => {
    expect(isBlocked({ fields }, ['a', 'b'])).toBe(expected)
  })

  it('looks at every part above the last', () => {
    const fields = { a: { mapValue: { fields: { b: { integerValue: '1' } } } } }
    expect(isBlocked({ fields }, ['a', 'b', 'c'])).toBe(true)
    expect(isBlocked({ fields }, ['a', 'b'])).toBe(false)
  })
})

describe('sameValue', () => {
  it('does not look at the order of keys', () => {
    const reordered = fc.property(anyFields, (fields) => {
      const turned = Object.fromEntries(Object.entries(fields).toReversed())
      expect(sameValue({ mapValue: { fields } }, { mapValue: { fields: turned } })).toBe(true)
    })
    fc.assert(reordered)
  })

  it('tells types apart that JavaScript takes for equal, and absence from null', () => {
    expect(sameValue({ integerValue: '5' }, { doubleValue: 5 })).toBe(false)
    expect(sameValue({ doubleValue: 0 }, { doubleValue: '-0' })).toBe(false)
    expect(sameValue(undefined, { nullValue: null })).toBe(false)
    expect(sameValue(undefined, undefined)).toBe(true)
  })
})
