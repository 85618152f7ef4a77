import type { OperationCase } from '../../operation-case.ts'
import { renameCollectionStep } from './rename-collection.ts'

/** A parent that is missing, three levels, collections whose names begin alike, an id of numbers, an empty document. */
export const renameCollectionCases: readonly OperationCase[] = [
  {
    name: 'a collection with everything below it',
    steps: [renameCollectionStep('Whatsapp_Data/{uid}', 'whatsapp/{uid}')],
    before: {
      documents: {
        'Whatsapp_Data/u1': { client_number: '1', n: 5 },
        'Whatsapp_Data/u1/chats/1': { contactName: 'Ada' },
        'Whatsapp_Data/u1/chats/1/messages/a': { message: 'hi', at: 1.5 },
        'Whatsapp_Data/u1/chats/__id7__': {},
        'Whatsapp_Data/u2/chats/1': { contactName: 'child of a missing parent' },
        'Whatsapp_Data2/u1': { other: true },
        'Users/u1': { name: 'Ada' },
      },
      sql: [],
    },
    after: {
      documents: {
        'Whatsapp_Data/u1': { client_number: '1', n: 5 },
        'Whatsapp_Data/u1/chats/1': { contactName: 'Ada' },
        'Whatsapp_Data/u1/chats/1/messages/a': { message: 'hi', at: 1.5 },
        'Whatsapp_Data/u1/chats/__id7__': {},
        'Whatsapp_Data/u2/chats/1': { contactName: 'child of a missing parent' },
        'whatsapp/u1': { client_number: '1', n: 5 },
        'whatsapp/u1/chats/1': { contactName: 'Ada' },
        'whatsapp/u1/chats/1/messages/a': { message: 'hi', at: 1.5 },
        'whatsapp/u1/chats/__id7__': {},
        'whatsapp/u2/chats/1': { contactName: 'child of a missing parent' },
        'Whatsapp_Data2/u1': { other: true },
        'Users/u1': { name: 'Ada' },
      },
      queries: [],
    },
    completed: {
      'whatsapp/u1': { client_number: '1', n: 5 },
      'whatsapp/u1/chats/1': { contactName: 'Ada' },
      'whatsapp/u1/chats/1/messages/a': { message: 'hi', at: 1.5 },
      'whatsapp/u1/chats/__id7__': {},
      'whatsapp/u2/chats/1': { contactName: 'child of a missing parent' },
      'Whatsapp_Data2/u1': { other: true },
      'Users/u1': { name: 'Ada' },
    },
    others: {
      documents: {
        // An old client, a new one, both on other fields, a birth in the new place, and a deletion in either.
        'Whatsapp_Data/u1': { client_number: '2', n: 5 },
        'whatsapp/u1/chats/1': { contactName: 'Ada L.' },
        'Whatsapp_Data/u1/chats/1/messages/a': { message: 'hello', at: 1.5 },
        'whatsapp/u1/chats/1/messages/a': { message: 'hi', at: 2.5 },
        'whatsapp/u1/chats/2': { contactName: 'Bo' },
        'whatsapp/u1/chats/__id7__': null,
        'Whatsapp_Data/u2/chats/1': null,
      },
      sql: [],
      afterDown: {
        documents: {
          'Whatsapp_Data/u1': { client_number: '2', n: 5 },
          'Whatsapp_Data/u1/chats/1': { contactName: 'Ada L.' },
          'Whatsapp_Data/u1/chats/1/messages/a': { message: 'hello', at: 2.5 },
          'Whatsapp_Data/u1/chats/2': { contactName: 'Bo' },
          'Whatsapp_Data2/u1': { other: true },
          'Users/u1': { name: 'Ada' },
        },
        queries: [],
      },
    },
  },
  {
    name: 'documents below one parent go to another, with other ids',
    steps: [renameCollectionStep('Teams/{team}/old/{id}', 'Archive/2026/items/{team}_{id}')],
    before: {
      documents: {
        'Teams/a/old/1': { n: 1 },
        'Teams/a/old/1/notes/x': { text: 'below' },
        'Teams/b/old/1': { n: 2 },
        'Teams/b/new/1': { n: 3 },
        'Teams/b': { name: 'B' },
      },
      sql: [],
    },
    after: {
      documents: {
        'Teams/a/old/1': { n: 1 },
        'Teams/a/old/1/notes/x': { text: 'below' },
        'Teams/b/old/1': { n: 2 },
        'Teams/b/new/1': { n: 3 },
        'Teams/b': { name: 'B' },
        'Archive/2026/items/a_1': { n: 1 },
        'Archive/2026/items/a_1/notes/x': { text: 'below' },
        'Archive/2026/items/b_1': { n: 2 },
      },
      queries: [],
    },
    completed: {
      'Teams/b/new/1': { n: 3 },
      'Teams/b': { name: 'B' },
      'Archive/2026/items/a_1': { n: 1 },
      'Archive/2026/items/a_1/notes/x': { text: 'below' },
      'Archive/2026/items/b_1': { n: 2 },
    },
    others: {
      documents: { 'Archive/2026/items/c_9': { n: 9 }, 'Archive/2026/items/unrelated': { n: 0 } },
      sql: [],
      afterDown: {
        documents: {
          'Teams/a/old/1': { n: 1 },
          'Teams/a/old/1/notes/x': { text: 'below' },
          'Teams/b/old/1': { n: 2 },
          'Teams/b/new/1': { n: 3 },
          'Teams/b': { name: 'B' },
          'Teams/c/old/9': { n: 9 },
          'Archive/2026/items/unrelated': { n: 0 },
        },
        queries: [],
      },
    },
  },
]
