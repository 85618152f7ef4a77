import type { OperationCase } from '../../operation-case.ts'
import { transformDocumentsStep } from './transform-documents.ts'

const chat = 'Whatsapp_Data/u1/chats'
const renamed: Readonly<Record<string, string>> = { new_lead: 'lead', vip_lead: 'lead_vip', hot_lead: 'lead_hot' }
const original = Object.fromEntries(Object.entries(renamed).map(([old, now]) => [now, old]))

function rename(document: Record<string, unknown>, names: Readonly<Record<string, string>>): object {
  const { lifecycle } = document
  return typeof lifecycle === 'string' ? { ...document, lifecycle: names[lifecycle] ?? lifecycle } : document
}

const lifecycle: OperationCase = {
  name: 'values of an enumeration renamed',
  steps: [
    transformDocumentsStep('Whatsapp_Data/{uid}/chats/{phone}', {
      up: (document) => rename(document, renamed),
      down: (document) => rename(document, original),
      isNew: (document) => String(document['lifecycle']) in original,
      reads: ['lifecycle'],
    }),
  ],
  before: {
    documents: {
      [`${chat}/1`]: { lifecycle: 'new_lead', n: 5 },
      [`${chat}/2`]: { lifecycle: 'payment' },
      [`${chat}/3`]: { status: 'open' },
      'Whatsapp_Data/u2/chats/1': { lifecycle: 'vip_lead' },
      'Archive/x/old/y/chats/1': { lifecycle: 'new_lead' },
    },
    sql: [],
  },
  after: {
    documents: {
      [`${chat}/1`]: { lifecycle: 'lead', n: 5 },
      [`${chat}/2`]: { lifecycle: 'payment' },
      [`${chat}/3`]: { status: 'open' },
      'Whatsapp_Data/u2/chats/1': { lifecycle: 'lead_vip' },
      'Archive/x/old/y/chats/1': { lifecycle: 'new_lead' },
    },
    queries: [],
  },
  others: {
    documents: {
      [`${chat}/1`]: { lifecycle: 'hot_lead', n: 5 },
      [`${chat}/4`]: { lifecycle: 'lead_hot' },
      'Whatsapp_Data/u2/chats/1': { lifecycle: 'lead', status: 'closed' },
    },
    sql: [],
    afterDown: {
      documents: {
        [`${chat}/1`]: { lifecycle: 'hot_lead', n: 5 },
        [`${chat}/2`]: { lifecycle: 'payment' },
        [`${chat}/3`]: { status: 'open' },
        [`${chat}/4`]: { lifecycle: 'hot_lead' },
        'Whatsapp_Data/u2/chats/1': { lifecycle: 'new_lead', status: 'closed' },
        'Archive/x/old/y/chats/1': { lifecycle: 'new_lead' },
      },
      queries: [],
    },
  },
}

const marked: OperationCase = {
  name: 'a name taken apart, and cents that become euros, told by a marker',
  steps: [
    transformDocumentsStep('Users/{uid}', {
      up: ({ name, cents, ...rest }, { uid }) => {
        const [first = '', last = ''] = String(name).split(' ')
        return { ...rest, uid, person: { first, last }, amount: Number(cents) / 100 }
      },
      down: ({ person, amount, uid: _, ...rest }) => {
        const { first, last } = person as { readonly first: string; readonly last: string }
        return { ...rest, name: `${first} ${last}`, cents: Math.round(Number(amount) * 100) }
      },
      marker: { field: 'version', value: 2 },
    }),
  ],
  before: {
    documents: {
      'Users/a': { name: 'Ada Lovelace', cents: 250, tags: ['x', { n: 2.5 }] },
      'Users/b': { name: 'Bo  Diddley', cents: 99, version: 1 },
      'Users/c': { name: 'Cy Young', cents: 1 },
    },
    sql: [],
  },
  after: {
    documents: {
      'Users/a': {
        uid: 'a',
        person: { first: 'Ada', last: 'Lovelace' },
        amount: 2.5,
        tags: ['x', { n: 2.5 }],
        version: 2,
      },
      'Users/b': { uid: 'b', person: { first: 'Bo', last: '' }, amount: 0.99, version: 2 },
      'Users/c': { uid: 'c', person: { first: 'Cy', last: 'Young' }, amount: 0.01, version: 2 },
    },
    queries: [],
  },
  others: {
    documents: {
      'Users/a': { uid: 'a', person: { first: 'Ada', last: 'Byron' }, amount: 2.5, tags: [], version: 2 },
      'Users/c': { name: 'Cy Old', cents: 3 },
      'Users/d': { uid: 'd', person: { first: 'Dee', last: 'New' }, amount: 1.25, version: 2 },
    },
    sql: [],
    afterDown: {
      documents: {
        'Users/a': { name: 'Ada Byron', cents: 250, tags: [] },
        'Users/b': { name: 'Bo  Diddley', cents: 99, version: 1 },
        'Users/c': { name: 'Cy Old', cents: 3 },
        'Users/d': { name: 'Dee New', cents: 125 },
      },
      queries: [],
    },
  },
}

/** Renamed values, and a change that would be another one if it were made twice. */
export const transformDocumentsCases: readonly OperationCase[] = [lifecycle, marked]
