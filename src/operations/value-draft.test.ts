import fc from 'fast-check'
import { expect, it } from 'vitest'
import { storableFields, storableValue } from '../../test/stores/arbitrary-values.ts'
import type { FieldPath, Value } from '../stores/documents.ts'
import { createValueDraft } from './value-draft.ts'
import { withValueIn } from './value-tree.ts'

const key = fc.constantFrom('a', 'b', 'a.b', '__proto__', 'constructor')
const change = fc.record({
  path: fc.array(key, { maxLength: 3 }),
  value: fc.option(storableValue, { nil: undefined }),
})

it('is what one change after the other makes of it, and leaves what it was made of alone', () => {
  const law = fc.property(storableFields, fc.array(change), (fields, changes) => {
    const start: Value = { mapValue: { fields } }
    const before = JSON.stringify([start, changes])
    const draft = createValueDraft(start)
    let expected: Value | undefined = start
    for (const { path, value } of changes) {
      draft.set(path, value)
      expected = withValueIn(expected, path, value)
      expect(draft.value()).toEqual(expected)
    }
    expect(JSON.stringify([start, changes])).toBe(before)
  })
  fc.assert(law, { numRuns: 500 })
})

it('keeps a key like any other', () => {
  const path: FieldPath = ['__proto__', 'polluted']
  const draft = createValueDraft(undefined)
  draft.set(path, { booleanValue: true })
  expect(JSON.stringify(draft.value())).toBe(
    '{"mapValue":{"fields":{"__proto__":{"mapValue":{"fields":{"polluted":{"booleanValue":true}}}}}}}',
  )
  expect('polluted' in {}).toBe(false)
})
