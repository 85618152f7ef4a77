import { expect, it } from 'vitest'
import { renameCollection } from './rename-collection.ts'

it.each<[string, unknown, string]>([
  ['no target', { pattern: 'Users/{uid}' }, 'LS-2002'],
  ['a collection instead of its documents', { pattern: 'Users/{uid}', to: 'users' }, 'LS-2111'],
  ['a target that cannot be told back', { pattern: 'Users/{uid}/chats/{id}', to: 'chats/{id}' }, 'LS-2111'],
  ['itself', { pattern: 'Users/{uid}', to: 'Users/{uid}' }, 'LS-2111'],
  ['a target below itself', { pattern: 'A/{x}', to: 'A/{x}/B/1' }, 'LS-2111'],
  ['a target above itself', { pattern: 'A/{x}/B/{y}', to: 'A/{x}_{y}' }, 'LS-2111'],
])('refuses %s', (_, spec, code) => {
  expect(() => renameCollection.parse(spec)).toThrow(expect.objectContaining({ code }))
})
