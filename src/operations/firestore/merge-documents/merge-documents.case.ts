import type { OperationCase } from '../../operation-case.ts'
import { mergeDocumentsStep } from './merge-documents.ts'

const data = 'Whatsapp_Data/u1'

/** Targets that are missing, empty or full; sources that are empty or of another depth; documents below a source. */
export const mergeDocumentsCases: readonly OperationCase[] = [
  {
    name: 'contacts become a map of their chats',
    steps: [
      mergeDocumentsStep('Whatsapp_Data/{uid}/contacts/{phone}', {
        into: 'Whatsapp_Data/{uid}/chats/{phone}',
        as: 'contact',
      }),
    ],
    before: {
      documents: {
        [`${data}/contacts/1`]: { name: 'Ada', phone: '1', address: { city: 'X' } },
        [`${data}/contacts/1/notes/n`]: { text: 'below' },
        [`${data}/chats/1`]: { status: 'open' },
        [`${data}/contacts/2`]: {},
        [`${data}/chats/2`]: { status: 'closed' },
        [`${data}/contacts/3`]: { name: 'Cy', 'a.b': [1, null] },
        [`${data}/chats/4`]: { status: 'without a contact' },
        [`${data}/contacts/5`]: { name: 'Di' },
        'Whatsapp_Data/u2/contacts/1': { name: 'Bo' },
        'Whatsapp_Data/u2/chats/1': {},
        'Archive/x/old/y/contacts/1': { name: 'not of the pattern' },
      },
      sql: [],
    },
    after: {
      documents: {
        [`${data}/contacts/1`]: { name: 'Ada', phone: '1', address: { city: 'X' } },
        [`${data}/contacts/1/notes/n`]: { text: 'below' },
        [`${data}/chats/1`]: { status: 'open', contact: { name: 'Ada', phone: '1', address: { city: 'X' } } },
        [`${data}/contacts/2`]: {},
        [`${data}/chats/2`]: { status: 'closed', contact: {} },
        [`${data}/contacts/3`]: { name: 'Cy', 'a.b': [1, null] },
        [`${data}/chats/3`]: { contact: { name: 'Cy', 'a.b': [1, null] } },
        [`${data}/chats/4`]: { status: 'without a contact' },
        [`${data}/contacts/5`]: { name: 'Di' },
        [`${data}/chats/5`]: { contact: { name: 'Di' } },
        'Whatsapp_Data/u2/contacts/1': { name: 'Bo' },
        'Whatsapp_Data/u2/chats/1': { contact: { name: 'Bo' } },
        'Archive/x/old/y/contacts/1': { name: 'not of the pattern' },
      },
      queries: [],
    },
    completed: {
      [`${data}/contacts/1/notes/n`]: { text: 'below' },
      [`${data}/chats/1`]: { status: 'open', contact: { name: 'Ada', phone: '1', address: { city: 'X' } } },
      [`${data}/chats/2`]: { status: 'closed', contact: {} },
      [`${data}/chats/3`]: { contact: { name: 'Cy', 'a.b': [1, null] } },
      [`${data}/chats/4`]: { status: 'without a contact' },
      [`${data}/chats/5`]: { contact: { name: 'Di' } },
      'Whatsapp_Data/u2/chats/1': { contact: { name: 'Bo' } },
      'Archive/x/old/y/contacts/1': { name: 'not of the pattern' },
    },
    others: {
      documents: {
        // An old client and a new one on different fields of one contact.
        [`${data}/contacts/1`]: { name: 'Ada L.', phone: '1', address: { city: 'X' } },
        [`${data}/chats/1`]: { status: 'open', contact: { name: 'Ada', phone: '99', address: { city: 'X', zip: 1 } } },
        // Old clients delete a chat, and write one whole: neither says anything of the contact.
        [`${data}/chats/2`]: null,
        'Whatsapp_Data/u2/chats/1': { status: 'whole' },
        // A target that we made takes a field of its own; an old client deletes the contact of another.
        [`${data}/chats/3`]: { contact: { name: 'Cyd', 'a.b': [1, null] }, status: 'new' },
        [`${data}/contacts/5`]: null,
        // Births: in the old shape, in both, in the new one.
        [`${data}/contacts/6`]: { name: 'Eve' },
        [`${data}/contacts/7`]: { name: 'Flo' },
        [`${data}/chats/7`]: { status: 'open', contact: { name: 'Flo' } },
        [`${data}/chats/8`]: { status: 'open', contact: { name: 'Gus' } },
      },
      sql: [],
      afterDown: {
        documents: {
          [`${data}/contacts/1`]: { name: 'Ada L.', phone: '99', address: { city: 'X', zip: 1 } },
          [`${data}/contacts/1/notes/n`]: { text: 'below' },
          [`${data}/chats/1`]: { status: 'open' },
          [`${data}/contacts/2`]: {},
          [`${data}/contacts/3`]: { name: 'Cyd', 'a.b': [1, null] },
          [`${data}/chats/3`]: { status: 'new' },
          [`${data}/chats/4`]: { status: 'without a contact' },
          'Whatsapp_Data/u2/contacts/1': { name: 'Bo' },
          'Whatsapp_Data/u2/chats/1': { status: 'whole' },
          [`${data}/contacts/6`]: { name: 'Eve' },
          [`${data}/contacts/7`]: { name: 'Flo' },
          [`${data}/chats/7`]: { status: 'open' },
          [`${data}/contacts/8`]: { name: 'Gus' },
          [`${data}/chats/8`]: { status: 'open' },
          'Archive/x/old/y/contacts/1': { name: 'not of the pattern' },
        },
        queries: [],
      },
    },
  },
  {
    name: 'some fields of contacts go into chats of another depth',
    steps: [
      mergeDocumentsStep('Whatsapp_Data/{uid}/contacts/{phone}', {
        into: 'chats/{uid}_{phone}',
        fields: { name: 'contactName', 'address.city': 'place.city' },
      }),
    ],
    before: {
      documents: {
        [`${data}/contacts/1`]: { name: 'Ada', address: { city: 'X', zip: 1 }, rest: true },
        'chats/u1_1': { status: 'open' },
        [`${data}/contacts/2`]: { name: null },
        [`${data}/contacts/3`]: { rest: true },
        [`${data}/contacts/4`]: {},
        [`${data}/contacts/5`]: { name: 'Di', address: { city: 'Y' } },
        [`${data}/contacts/6`]: { address: { city: 'Z' } },
        'chats/u1_3': { status: 'no name' },
        'chats/u1_5': { place: { country: 'C' } },
        'chats/unrelated': { n: 1 },
      },
      sql: [],
    },
    after: {
      documents: {
        [`${data}/contacts/1`]: { name: 'Ada', address: { city: 'X', zip: 1 }, rest: true },
        'chats/u1_1': { status: 'open', contactName: 'Ada', place: { city: 'X' } },
        [`${data}/contacts/2`]: { name: null },
        'chats/u1_2': { contactName: null },
        [`${data}/contacts/3`]: { rest: true },
        [`${data}/contacts/4`]: {},
        [`${data}/contacts/5`]: { name: 'Di', address: { city: 'Y' } },
        [`${data}/contacts/6`]: { address: { city: 'Z' } },
        'chats/u1_3': { status: 'no name' },
        'chats/u1_5': { contactName: 'Di', place: { country: 'C', city: 'Y' } },
        'chats/u1_6': { place: { city: 'Z' } },
        'chats/unrelated': { n: 1 },
      },
      queries: [],
    },
    completed: {
      [`${data}/contacts/1`]: { address: { zip: 1 }, rest: true },
      'chats/u1_1': { status: 'open', contactName: 'Ada', place: { city: 'X' } },
      'chats/u1_2': { contactName: null },
      [`${data}/contacts/3`]: { rest: true },
      [`${data}/contacts/4`]: {},
      [`${data}/contacts/5`]: { address: {} },
      [`${data}/contacts/6`]: { address: {} },
      'chats/u1_3': { status: 'no name' },
      'chats/u1_5': { contactName: 'Di', place: { country: 'C', city: 'Y' } },
      'chats/u1_6': { place: { city: 'Z' } },
      'chats/unrelated': { n: 1 },
    },
    others: {
      documents: {
        // Both changed one field; an old client deletes a field, and a contact whose target we made.
        [`${data}/contacts/1`]: { name: 'Ada L.', address: { city: 'X2', zip: 1 }, rest: true },
        'chats/u1_1': { status: 'open', contactName: 'A. L.', place: { city: 'X' } },
        [`${data}/contacts/2`]: null,
        [`${data}/contacts/5`]: { name: 'Di', address: {} },
        // A new client fills in what the contact had not.
        'chats/u1_3': { status: 'no name', contactName: 'Cy' },
        'chats/u1_6': { place: { city: 'Z', street: 'S' } },
      },
      sql: [],
      afterDown: {
        documents: {
          [`${data}/contacts/1`]: { name: 'Ada L.', address: { city: 'X2', zip: 1 }, rest: true },
          'chats/u1_1': { status: 'open', contactName: 'A. L.' },
          [`${data}/contacts/3`]: { name: 'Cy', rest: true },
          'chats/u1_3': { status: 'no name' },
          [`${data}/contacts/4`]: {},
          [`${data}/contacts/5`]: { name: 'Di', address: {} },
          'chats/u1_5': { place: { country: 'C' } },
          [`${data}/contacts/6`]: { address: { city: 'Z' } },
          'chats/u1_6': { place: { street: 'S' } },
          'chats/unrelated': { n: 1 },
        },
        queries: [],
      },
    },
  },
]
