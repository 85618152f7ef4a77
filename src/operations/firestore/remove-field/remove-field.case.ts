import type { CaseDocuments, OperationCase } from '../../operation-case.ts'
import { removeFieldStep } from './remove-field.ts'

/** Everything stays until the migration completes, so that clients of the old shape find what they need. */
function staying(
  documents: CaseDocuments,
  others: OperationCase['others']['documents'],
): Omit<OperationCase, 'steps' | 'name'> {
  const left: Record<string, CaseDocuments[string]> = {}
  for (const [name, fields] of Object.entries({ ...documents, ...others })) if (fields !== null) left[name] = fields
  return {
    before: { documents, sql: [] },
    after: { documents, queries: [] },
    others: { documents: others, sql: [], afterDown: { documents: left, queries: [] } },
  }
}

const chat = 'Whatsapp_Data/u1/chats'

/** A null, a key with dots, something in the way, a map left empty, a collection of the same name elsewhere. */
export const removeFieldCases: readonly OperationCase[] = [
  {
    name: 'two fields, one of them in a map',
    steps: [removeFieldStep('Whatsapp_Data/{uid}/chats/{phone}', ['nickname', 'settings.`the.tone`'])],
    ...staying(
      {
        [`${chat}/1`]: { nickname: 'Ada', settings: { 'the.tone': 'kind', volume: 3 }, n: 1 },
        [`${chat}/2`]: { nickname: null, settings: { 'the.tone': { a: [1] } } },
        [`${chat}/3`]: { settings: 'not a map' },
        [`${chat}/4`]: {},
        'Whatsapp_Data/u2/chats/1': { nickname: { first: 'Bo' }, settings: {} },
        'Archive/x/old/y/chats/1': { nickname: 'not of the pattern' },
      },
      {
        [`${chat}/1`]: { settings: { 'the.tone': 'kind', volume: 3 }, n: 2 },
        [`${chat}/2`]: null,
        [`${chat}/5`]: { nickname: 'new' },
      },
    ),
    completed: {
      [`${chat}/1`]: { settings: { volume: 3 }, n: 1 },
      [`${chat}/2`]: { settings: {} },
      [`${chat}/3`]: { settings: 'not a map' },
      [`${chat}/4`]: {},
      'Whatsapp_Data/u2/chats/1': { settings: {} },
      'Archive/x/old/y/chats/1': { nickname: 'not of the pattern' },
    },
  },
  {
    name: 'a field of every entry of a map, and fields of the members of its lists',
    steps: [
      removeFieldStep('Users/{uid}', [
        'workflows.*.limit',
        'workflows.*.sheets[].meta.id',
        'workflows.*.sheets[].n',
        'workflows.three.plain',
      ]),
    ],
    ...staying(
      {
        'Users/a': {
          workflows: {
            one: { limit: 1, sheets: [{ meta: { id: 1, x: 1 }, n: 1 }, { meta: 'text' }, { meta: {} }, 'text', null] },
            'two.b': { limit: null, sheets: {} },
            three: { plain: true, limit: [{ limit: 1 }] },
          },
        },
        'Users/b': { workflows: { one: 'not a map', limit: 5 } },
        'Users/c': { workflows: [{ limit: 1 }] },
      },
      { 'Users/a': { workflows: { one: { limit: 2 } } } },
    ),
    completed: {
      'Users/a': {
        workflows: {
          one: { sheets: [{ meta: { x: 1 } }, { meta: 'text' }, { meta: {} }, 'text', null] },
          'two.b': { sheets: {} },
          three: {},
        },
      },
      'Users/b': { workflows: { one: 'not a map', limit: 5 } },
      'Users/c': { workflows: [{ limit: 1 }] },
    },
  },
  {
    name: 'a field of every map of the document',
    steps: [removeFieldStep('Users/{uid}', '*.secret')],
    ...staying(
      {
        'Users/a': { profile: { secret: 1, name: 'Ada' }, billing: { secret: { deep: true } }, secret: 'top' },
        'Users/b': { list: [{ secret: 1 }] },
      },
      { 'Users/a': { profile: { secret: 2 } } },
    ),
    completed: {
      'Users/a': { profile: { name: 'Ada' }, billing: {}, secret: 'top' },
      'Users/b': { list: [{ secret: 1 }] },
    },
  },
]
