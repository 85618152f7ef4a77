import type { OperationCase } from '../../operation-case.ts'
import { foldSubcollectionStep } from './fold-subcollection.ts'

const quick = 'Whatsapp_Data/u1/chats/1/quick'

/** Parents that are missing, ids of every kind, documents with one value, a nested map. */
export const foldSubcollectionCases: readonly OperationCase[] = [
  {
    name: 'workflows become entries under their names',
    steps: [foldSubcollectionStep('Users/{uid}', 'workflows', { into: 'workflows', key: 'name' })],
    before: {
      documents: {
        'Users/a': { email: 'ada@example.com' },
        'Users/a/workflows/agent': { name: 'agent', limit: 5, days: [1, 'two'] },
        'Users/a/workflows/a.b ü': { name: 'a.b ü' },
        'Users/a/workflows/constructor': { name: 'constructor', paid: false },
        'Users/b': {},
        'Users/e/workflows/x': { name: 'x', n: 1, m: 1 },
        'Users/e/workflows/y': { name: 'y', n: 1, m: 1 },
        'Users/f': { n: 1 },
        'Users/f/workflows/x': { name: 'x', n: 1 },
        'Users/f/workflows/y': { name: 'y', n: 1 },
        'Users/g': { n: 1 },
        'Users/g/workflows/x': { name: 'x', n: 1 },
        'Users/h': { n: 1 },
        'Users/h/workflows/x': { name: 'x', n: 1 },
        'Users/m/workflows/x': { name: 'x', n: 1 },
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
        'Users/b': {},
        'Users/e': { workflows: { x: { n: 1, m: 1 }, y: { n: 1, m: 1 } } },
        'Users/e/workflows/x': { name: 'x', n: 1, m: 1 },
        'Users/e/workflows/y': { name: 'y', n: 1, m: 1 },
        'Users/f': { n: 1, workflows: { x: { n: 1 }, y: { n: 1 } } },
        'Users/f/workflows/x': { name: 'x', n: 1 },
        'Users/f/workflows/y': { name: 'y', n: 1 },
        'Users/g': { n: 1, workflows: { x: { n: 1 } } },
        'Users/g/workflows/x': { name: 'x', n: 1 },
        'Users/h': { n: 1, workflows: { x: { n: 1 } } },
        'Users/h/workflows/x': { name: 'x', n: 1 },
        'Users/m': { workflows: { x: { n: 1 } } },
        'Users/m/workflows/x': { name: 'x', n: 1 },
        'Archive/x/workflows/agent': { limit: 2 },
      },
      queries: [],
    },
    completed: {
      'Users/a': {
        email: 'ada@example.com',
        workflows: { agent: { limit: 5, days: [1, 'two'] }, 'a.b ü': {}, constructor: { paid: false } },
      },
      'Users/b': {},
      'Users/e': { workflows: { x: { n: 1, m: 1 }, y: { n: 1, m: 1 } } },
      'Users/f': { n: 1, workflows: { x: { n: 1 }, y: { n: 1 } } },
      'Users/g': { n: 1, workflows: { x: { n: 1 } } },
      'Users/h': { n: 1, workflows: { x: { n: 1 } } },
      'Users/m': { workflows: { x: { n: 1 } } },
      'Archive/x/workflows/agent': { limit: 2 },
    },
    others: {
      documents: {
        // A new client changes an entry, an old one changes a document, and one is born in each place.
        'Users/a': {
          email: 'ada@example.com',
          workflows: { agent: { limit: 6 }, 'a.b ü': {}, constructor: { paid: false }, new: { limit: 1 } },
        },
        'Users/a/workflows/constructor': { name: 'constructor', paid: true },
        'Users/a/workflows/old': { name: 'old', limit: 2 },
        // A user is born, with an entry that cannot become a document.
        'Users/c': { workflows: { x: { n: 1 }, 'a/b': { n: 2 } } },
        // Both change the same ones, one field differently, which nobody can settle but people; and the user that we made gets a field of its own.
        'Users/e': { email: 'eve@example.com', workflows: { x: { n: 1, m: 2 }, y: { n: 3, m: 2 } } },
        'Users/e/workflows/x': { name: 'x', n: 2, m: 1 },
        'Users/e/workflows/y': { name: 'y', n: 2, m: 1 },
        // Deleted by an old client, and in both places by a new one.
        'Users/f/workflows/x': null,
        'Users/f/workflows/y': null,
        'Users/f': { n: 1, workflows: { x: { n: 1 } } },
        // Written over by an old client, which knows nothing of the map.
        'Users/g': { n: 2 },
        // A new client takes out the last entry, in both places: the map that it leaves is none of the old shape.
        'Users/h': { n: 1, workflows: {} },
        'Users/h/workflows/x': null,
      },
      sql: [],
      afterDown: {
        documents: {
          'Users/a': { email: 'ada@example.com' },
          'Users/a/workflows/agent': { name: 'agent', limit: 6 },
          'Users/a/workflows/a.b ü': { name: 'a.b ü' },
          'Users/a/workflows/constructor': { name: 'constructor', paid: true },
          'Users/a/workflows/new': { name: 'new', limit: 1 },
          'Users/a/workflows/old': { name: 'old', limit: 2 },
          'Users/b': {},
          'Users/c': { workflows: { 'a/b': { n: 2 } } },
          'Users/c/workflows/x': { name: 'x', n: 1 },
          'Users/e': { email: 'eve@example.com', workflows: { y: { n: 3, m: 2 } } },
          'Users/e/workflows/x': { name: 'x', n: 2, m: 2 },
          'Users/e/workflows/y': { name: 'y', n: 2, m: 2 },
          'Users/f': { n: 1 },
          'Users/g': { n: 2 },
          'Users/g/workflows/x': { name: 'x', n: 1 },
          'Users/h': { n: 1 },
          'Users/m/workflows/x': { name: 'x', n: 1 },
          'Archive/x/workflows/agent': { limit: 2 },
        },
        queries: [],
      },
    },
  },
  {
    name: 'documents with one value become entries of a nested map',
    steps: [
      foldSubcollectionStep('Whatsapp_Data/{uid}/chats/{phone}', 'quick', { into: 'settings.quick', value: 'text' }),
    ],
    before: {
      documents: {
        'Whatsapp_Data/u1/chats/1': { settings: { tone: 'kind' } },
        [`${quick}/hi`]: { text: 'Hello' },
        [`${quick}/bye`]: { text: 'Bye', n: 1 },
        'Whatsapp_Data/u2/chats/1/quick/hi': { text: { en: 'Hello' } },
        'Archive/x/old/y/chats/1/quick/hi': { text: 'not of the pattern' },
      },
      sql: [],
    },
    after: {
      documents: {
        'Whatsapp_Data/u1/chats/1': { settings: { tone: 'kind', quick: { hi: 'Hello', bye: { text: 'Bye', n: 1 } } } },
        [`${quick}/hi`]: { text: 'Hello' },
        [`${quick}/bye`]: { text: 'Bye', n: 1 },
        'Whatsapp_Data/u2/chats/1': { settings: { quick: { hi: { text: { en: 'Hello' } } } } },
        'Whatsapp_Data/u2/chats/1/quick/hi': { text: { en: 'Hello' } },
        'Archive/x/old/y/chats/1/quick/hi': { text: 'not of the pattern' },
      },
      queries: [],
    },
    completed: {
      'Whatsapp_Data/u1/chats/1': { settings: { tone: 'kind', quick: { hi: 'Hello', bye: { text: 'Bye', n: 1 } } } },
      'Whatsapp_Data/u2/chats/1': { settings: { quick: { hi: { text: { en: 'Hello' } } } } },
      'Archive/x/old/y/chats/1/quick/hi': { text: 'not of the pattern' },
    },
    others: {
      documents: {
        'Whatsapp_Data/u1/chats/1': { settings: { tone: 'kind', quick: { hi: 'Hi', bye: { text: 'Bye', n: 1 } } } },
        [`${quick}/bye`]: { text: 'Bye' },
        'Whatsapp_Data/u3/chats/1': { settings: { quick: { hi: 7 } } },
      },
      sql: [],
      afterDown: {
        documents: {
          'Whatsapp_Data/u1/chats/1': { settings: { tone: 'kind' } },
          [`${quick}/hi`]: { text: 'Hi' },
          [`${quick}/bye`]: { text: 'Bye' },
          'Whatsapp_Data/u2/chats/1/quick/hi': { text: { en: 'Hello' } },
          'Whatsapp_Data/u3/chats/1': { settings: {} },
          'Whatsapp_Data/u3/chats/1/quick/hi': { text: 7 },
          'Archive/x/old/y/chats/1/quick/hi': { text: 'not of the pattern' },
        },
        queries: [],
      },
    },
  },
]
