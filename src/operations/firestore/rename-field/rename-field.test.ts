import { expect, it } from 'vitest'
import { renameField } from './rename-field.ts'

it.each<[string, unknown, string]>([
  ['no names', { pattern: 'Users/{uid}' }, 'LS-2002'],
  ['a collection instead of its documents', { pattern: 'Users', from: 'a', to: 'b' }, 'LS-2101'],
  ['a name inside the other', { pattern: 'Users/{uid}', from: 'a', to: 'a.b' }, 'LS-2103'],
  ['lists that differ', { pattern: 'Users/{uid}', from: 'a[].x', to: 'b[].x' }, 'LS-2103'],
  ['a spread without a field', { pattern: 'Users/{uid}', from: 'a[]', to: 'b[]' }, 'LS-2103'],
])('refuses %s', (_, spec, code) => {
  expect(() => renameField.parse(spec)).toThrow(expect.objectContaining({ code }))
})
