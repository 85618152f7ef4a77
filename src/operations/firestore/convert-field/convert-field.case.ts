import { decodeValue } from '../../../stores/values.ts'
import type { OperationCase } from '../../operation-case.ts'
import { convertFieldStep } from './convert-field.ts'
import { moneyCases } from './money-cases.ts'

const chat = 'Whatsapp_Data/u1/chats'
const at = (timestampValue: string): unknown => decodeValue({ timestampValue })

const dates: OperationCase = {
  name: 'dates of messages, in two formats or none',
  steps: [
    convertFieldStep('Whatsapp_Data/{uid}/chats/{phone}/messages/{id}', 'date', {
      from: 'string',
      to: 'timestamp',
      format: ['DD/MM/YYYY', 'YYYY-MM-DD'],
      zone: 'UTC',
      accept: { unparsable: 'null', formatting: 'keep' },
    }),
  ],
  before: {
    documents: {
      [`${chat}/1/messages/a`]: { date: '11/03/2025', message: 'hello' },
      [`${chat}/1/messages/b`]: { date: '2025-03-11' },
      [`${chat}/1/messages/c`]: { date: '' },
      [`${chat}/1/messages/d`]: { date: null },
      [`${chat}/1/messages/e`]: { message: 'none' },
      'Whatsapp_Data/u2/chats/1/messages/a': { date: '01/01/2024' },
      'Users/a/messages/a': { date: 'of another depth' },
    },
    sql: [],
  },
  after: {
    documents: {
      [`${chat}/1/messages/a`]: { date: at('2025-03-11T00:00:00Z'), message: 'hello' },
      [`${chat}/1/messages/b`]: { date: at('2025-03-11T00:00:00Z') },
      [`${chat}/1/messages/c`]: { date: null },
      [`${chat}/1/messages/d`]: { date: null },
      [`${chat}/1/messages/e`]: { message: 'none' },
      'Whatsapp_Data/u2/chats/1/messages/a': { date: at('2024-01-01T00:00:00Z') },
      'Users/a/messages/a': { date: 'of another depth' },
    },
    queries: [],
  },
  others: {
    documents: {
      // An old client, a new one, one born in the new shape, one that another field of is changed, one that is gone.
      [`${chat}/1/messages/a`]: { date: '12/03/2025', message: 'hello' },
      [`${chat}/1/messages/b`]: { date: at('2025-03-12T00:00:00Z') },
      [`${chat}/1/messages/c`]: { date: null, message: 'edited' },
      [`${chat}/1/messages/d`]: null,
      [`${chat}/1/messages/f`]: { date: at('2025-04-01T00:00:00Z') },
      [`${chat}/1/messages/g`]: { date: at('2025-04-01T12:00:00Z') },
    },
    sql: [],
    afterDown: {
      documents: {
        [`${chat}/1/messages/a`]: { date: '12/03/2025', message: 'hello' },
        [`${chat}/1/messages/b`]: { date: '12/03/2025' },
        [`${chat}/1/messages/c`]: { date: '', message: 'edited' },
        [`${chat}/1/messages/e`]: { message: 'none' },
        [`${chat}/1/messages/f`]: { date: '01/04/2025' },
        // The format has no time of day: it stays as it is, and is told.
        [`${chat}/1/messages/g`]: { date: at('2025-04-01T12:00:00Z') },
        'Whatsapp_Data/u2/chats/1/messages/a': { date: '01/01/2024' },
        'Users/a/messages/a': { date: 'of another depth' },
      },
      queries: [],
    },
  },
}

const mixed: OperationCase = {
  name: 'a time that was of both types already',
  steps: [
    convertFieldStep('Whatsapp_Data/{uid}/chats/{phone}', 'lastMessageTime', {
      from: 'number',
      to: 'timestamp',
      unit: 'millis',
    }),
  ],
  before: {
    documents: {
      [`${chat}/1`]: { lastMessageTime: 1_700_000_000_000 },
      [`${chat}/2`]: { lastMessageTime: at('2024-05-05T05:05:05.5Z') },
    },
    sql: [],
  },
  after: {
    documents: {
      [`${chat}/1`]: { lastMessageTime: at('2023-11-14T22:13:20Z') },
      [`${chat}/2`]: { lastMessageTime: at('2024-05-05T05:05:05.5Z') },
    },
    queries: [],
  },
  others: {
    documents: { [`${chat}/3`]: { lastMessageTime: at('2025-01-01T00:00:00Z') } },
    sql: [],
    afterDown: {
      documents: {
        [`${chat}/1`]: { lastMessageTime: 1_700_000_000_000 },
        [`${chat}/2`]: { lastMessageTime: at('2024-05-05T05:05:05.5Z') },
        [`${chat}/3`]: { lastMessageTime: at('2025-01-01T00:00:00Z') },
      },
      queries: [],
    },
  },
}

const inMaps: OperationCase = {
  name: 'a field of every entry of a map, and of every member of a list',
  steps: [
    convertFieldStep('Users/{uid}', 'workflows.*.reset', { from: 'number', to: 'timestamp', unit: 'seconds' }),
    convertFieldStep('Users/{uid}', 'items[].price', { from: 'string', to: 'double', accept: { unparsable: 'null' } }),
  ],
  before: {
    documents: {
      'Users/a': {
        workflows: { 'x.y': { reset: 1, n: 1 }, z: {}, w: 'text' },
        items: [{ price: '1.5', n: 1 }, { price: 'free' }, 'text', { price: null }],
      },
      'Users/b': { items: [{ price: '2.5' }] },
    },
    sql: [],
  },
  after: {
    documents: {
      'Users/a': {
        workflows: { 'x.y': { reset: at('1970-01-01T00:00:01Z'), n: 1 }, z: {}, w: 'text' },
        items: [{ price: 1.5, n: 1 }, { price: null }, 'text', { price: null }],
      },
      'Users/b': { items: [{ price: 2.5 }] },
    },
    queries: [],
  },
  others: {
    documents: { 'Users/b': { items: [{ price: 2.5 }, { price: 3.5 }, { price: '4.5' }] } },
    sql: [],
    afterDown: {
      documents: {
        'Users/a': {
          workflows: { 'x.y': { reset: 1, n: 1 }, z: {}, w: 'text' },
          items: [{ price: '1.5', n: 1 }, { price: 'free' }, 'text', { price: null }],
        },
        'Users/b': { items: [{ price: '2.5' }, { price: '3.5' }, { price: '4.5' }] },
      },
      queries: [],
    },
  },
}

/** Losses that are accepted, mixed types, maps and lists, a missing parent, and values that are not idempotent. */
export const convertFieldCases: readonly OperationCase[] = [dates, mixed, inMaps, ...moneyCases]
