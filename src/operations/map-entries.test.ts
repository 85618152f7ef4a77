import fc from 'fast-check'
import { expect, it } from 'vitest'
import { anyFields, anyValue } from '../../test/stores/arbitrary-values.ts'
import type { Value } from '../stores/documents.ts'
import { sameValue } from './field-path.ts'
import { documentOfEntry, entryOfDocument, isKeyAndId } from './map-entries.ts'
import type { EntryForm } from './map-entries.ts'

const form = fc.constantFrom<EntryForm>({}, { key: 'k' }, { value: 'v' }, { key: 'k', value: 'v' })
/** Members called as the form's fields are, so that they meet. */
const entry: fc.Arbitrary<Value> = fc.oneof(
  anyValue,
  anyFields.map((fields): Value => ({ mapValue: { fields } })),
  fc
    .dictionary(fc.constantFrom('k', 'v', 'w'), fc.oneof(anyValue, fc.constant<Value>({ stringValue: 'id' })))
    .map((fields): Value => ({ mapValue: { fields } })),
)

it('an entry without a problem comes back from its document as it was', () => {
  const told = fc.property(entry, form, (value, as) => {
    const { up, down, why } = documentOfEntry('id', as)
    const document = up(value)
    expect(why?.(value, 'up') === undefined).toBe(document !== undefined)
    fc.pre(document !== undefined)
    expect(document).toHaveProperty('mapValue')
    expect(sameValue(document && down(document), value)).toBe(true)
  })
  fc.assert(told, { numRuns: 1_000 })
})

it('a document without a problem comes back from its entry, the field of its key at the most added', () => {
  const told = fc.property(anyFields, fc.boolean(), form, (fields, named, as) => {
    const own = named && as.key !== undefined ? { ...fields, [as.key]: { stringValue: 'id' } } : fields
    const document: Value = { mapValue: { fields: own } }
    const { up, down, why } = entryOfDocument('id', as)
    const value = up(document)
    expect(why?.(document, 'up') === undefined).toBe(value !== undefined)
    fc.pre(value !== undefined && !Object.hasOwn(own, '__type__'))
    const back = value && down(value)
    const whole =
      as.key === undefined ? document : { mapValue: { fields: { ...own, [as.key]: { stringValue: 'id' } } } }
    expect(sameValue(back, whole)).toBe(true)
  })
  fc.assert(told, { numRuns: 1_000 })
})

it.each([
  ['a.b', true],
  ['`', true],
  ['constructor', true],
  ['__x', true],
  ['', false],
  ['.', false],
  ['..', false],
  ['a/b', false],
  ['__proto__', false],
  ['__id7__', false],
  ['é'.repeat(751), false],
])('%s is a key and an id: %s', (text, expected) => {
  expect(isKeyAndId(text)).toBe(expected)
})
