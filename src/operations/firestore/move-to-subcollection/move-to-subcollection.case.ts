import type { OperationCase } from '../../operation-case.ts'
import { moveToSubcollectionStep } from './move-to-subcollection.ts'

const quick = 'Whatsapp_Data/u1/chats/1/quick'

/** Keys of every kind, maps that are empty, absent or null, a parent that is missing, entries that are not maps. */
export const moveToSubcollectionCases: readonly OperationCase[] = [
  {
    name: 'workflows become documents that know their name',
    steps: [moveToSubcollectionStep('Users/{uid}', 'workflows', { into: 'workflows', key: 'name' })],
    before: {
      documents: {
        'Users/a': {
          email: 'ada@example.com',
          workflows: { agent: { limit: 5, days: [1, 'two'] }, 'a.b ü': {}, constructor: { paid: false } },
        },
        'Users/b': { workflows: {} },
        'Users/c': { email: 'cy@example.com' },
        'Users/d': { workflows: null },
        'Users/e': { workflows: { x: { n: 1, m: 1 }, y: { n: 1, m: 1 } } },
        'Users/f': { workflows: { x: { n: 1 }, y: { n: 1 } } },
        'Users/g': { workflows: { x: { n: 1 } } },
        'Archive/x/Users/y': { workflows: { agent: { limit: 1 } } },
        'Archive/x/workflows/agent': { limit: 2 },
      },
      sql: [],
    },
    after: {
      documents: {
        'Users/a': {
          email: 'ada@example.com',
          workflows: { agent: { limit: 5, days: [1, 'two'] }, 'a.b ü': {}, constructor: { paid: false } },
        },
        'Users/a/workflows/agent': { name: 'agent', limit: 5, days: [1, 'two'] },
        'Users/a/workflows/a.b ü': { name: 'a.b ü' },
        'Users/a/workflows/constructor': { name: 'constructor', paid: false },
        'Users/b': { workflows: {} },
        'Users/c': { email: 'cy@example.com' },
        'Users/d': { workflows: null },
        'Users/e': { workflows: { x: { n: 1, m: 1 }, y: { n: 1, m: 1 } } },
        'Users/e/workflows/x': { name: 'x', n: 1, m: 1 },
        'Users/e/workflows/y': { name: 'y', n: 1, m: 1 },
        'Users/f': { workflows: { x: { n: 1 }, y: { n: 1 } } },
        'Users/f/workflows/x': { name: 'x', n: 1 },
        'Users/f/workflows/y': { name: 'y', n: 1 },
        'Users/g': { workflows: { x: { n: 1 } } },
        'Users/g/workflows/x': { name: 'x', n: 1 },
        'Archive/x/Users/y': { workflows: { agent: { limit: 1 } } },
        'Archive/x/workflows/agent': { limit: 2 },
      },
      queries: [],
    },
    completed: {
      'Users/a': { email: 'ada@example.com' },
      'Users/a/workflows/agent': { name: 'agent', limit: 5, days: [1, 'two'] },
      'Users/a/workflows/a.b ü': { name: 'a.b ü' },
      'Users/a/workflows/constructor': { name: 'constructor', paid: false },
      'Users/b': { workflows: {} },
      'Users/c': { email: 'cy@example.com' },
      'Users/d': { workflows: null },
      'Users/e': {},
      'Users/e/workflows/x': { name: 'x', n: 1, m: 1 },
      'Users/e/workflows/y': { name: 'y', n: 1, m: 1 },
      'Users/f': {},
      'Users/f/workflows/x': { name: 'x', n: 1 },
      'Users/f/workflows/y': { name: 'y', n: 1 },
      'Users/g': {},
      'Users/g/workflows/x': { name: 'x', n: 1 },
      'Archive/x/Users/y': { workflows: { agent: { limit: 1 } } },
      'Archive/x/workflows/agent': { limit: 2 },
    },
    others: {
      documents: {
        // An old client changes an entry, a new one changes a document, and one is born in each place.
        'Users/a': {
          email: 'ada@example.com',
          workflows: { agent: { limit: 6 }, 'a.b ü': {}, constructor: { paid: false }, old: { limit: 1 } },
        },
        'Users/a/workflows/constructor': { name: 'constructor', paid: true },
        'Users/a/workflows/new': { name: 'new', limit: 2 },
        // Both change the same one: different fields, and one field differently, which nobody can settle but people.
        'Users/e': { workflows: { x: { n: 2, m: 1 }, y: { n: 2, m: 1 } } },
        'Users/e/workflows/x': { name: 'x', n: 1, m: 2 },
        'Users/e/workflows/y': { name: 'y', n: 3, m: 2 },
        // Deleted by an old client, and by a new one.
        'Users/f': { workflows: { y: { n: 1 } } },
        'Users/f/workflows/y': null,
        // The whole user, by an old client.
        'Users/g': null,
        // Born below a user that does not exist, and one that cannot become an entry.
        'Users/h/workflows/x': { name: 'x', n: 1 },
        'Users/c/workflows/z': { name: 'not its id' },
      },
      sql: [],
      afterDown: {
        documents: {
          'Users/a': {
            email: 'ada@example.com',
            workflows: {
              agent: { limit: 6 },
              'a.b ü': {},
              constructor: { paid: true },
              old: { limit: 1 },
              new: { limit: 2 },
            },
          },
          'Users/b': { workflows: {} },
          'Users/c': { email: 'cy@example.com' },
          'Users/c/workflows/z': { name: 'not its id' },
          'Users/d': { workflows: null },
          'Users/e': { workflows: { x: { n: 2, m: 2 }, y: { n: 3, m: 2 } } },
          'Users/f': { workflows: {} },
          'Users/h': { workflows: { x: { n: 1 } } },
          'Archive/x/Users/y': { workflows: { agent: { limit: 1 } } },
          'Archive/x/workflows/agent': { limit: 2 },
        },
        queries: [],
      },
    },
  },
  {
    name: 'entries of a nested map, some of them texts',
    steps: [
      moveToSubcollectionStep('Whatsapp_Data/{uid}/chats/{phone}', 'settings.quick', { into: 'quick', value: 'text' }),
    ],
    before: {
      documents: {
        'Whatsapp_Data/u1/chats/1': { settings: { quick: { hi: 'Hello', bye: { text: 'Bye', n: 1 } }, tone: 'kind' } },
        'Whatsapp_Data/u1/chats/2': { settings: 'none' },
        'Archive/x/old/y/chats/1': { settings: { quick: { hi: 'not of the pattern' } } },
      },
      sql: [],
    },
    after: {
      documents: {
        'Whatsapp_Data/u1/chats/1': { settings: { quick: { hi: 'Hello', bye: { text: 'Bye', n: 1 } }, tone: 'kind' } },
        [`${quick}/hi`]: { text: 'Hello' },
        [`${quick}/bye`]: { text: 'Bye', n: 1 },
        'Whatsapp_Data/u1/chats/2': { settings: 'none' },
        'Archive/x/old/y/chats/1': { settings: { quick: { hi: 'not of the pattern' } } },
      },
      queries: [],
    },
    completed: {
      'Whatsapp_Data/u1/chats/1': { settings: { tone: 'kind' } },
      [`${quick}/hi`]: { text: 'Hello' },
      [`${quick}/bye`]: { text: 'Bye', n: 1 },
      'Whatsapp_Data/u1/chats/2': { settings: 'none' },
      'Archive/x/old/y/chats/1': { settings: { quick: { hi: 'not of the pattern' } } },
    },
    others: {
      documents: {
        [`${quick}/hi`]: { text: 'Hi' },
        [`${quick}/new`]: { text: ['a', 'list'] },
        // No map can be made where there is a text.
        'Whatsapp_Data/u1/chats/2/quick/hi': { text: 'stays' },
      },
      sql: [],
      afterDown: {
        documents: {
          'Whatsapp_Data/u1/chats/1': {
            settings: { quick: { hi: 'Hi', bye: { text: 'Bye', n: 1 }, new: ['a', 'list'] }, tone: 'kind' },
          },
          'Whatsapp_Data/u1/chats/2': { settings: 'none' },
          'Whatsapp_Data/u1/chats/2/quick/hi': { text: 'stays' },
          'Archive/x/old/y/chats/1': { settings: { quick: { hi: 'not of the pattern' } } },
        },
        queries: [],
      },
    },
  },
]
