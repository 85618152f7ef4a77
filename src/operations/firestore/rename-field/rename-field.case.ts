import type { OperationCase } from '../../operation-case.ts'
import { renameFieldStep } from './rename-field.ts'

const chat = 'Whatsapp_Data/u1/chats'

/** Nested names, a parent that is missing, a null, members of lists and of maps. */
export const renameFieldCases: readonly OperationCase[] = [
  {
    name: 'a field goes into a map',
    steps: [renameFieldStep('Whatsapp_Data/{uid}/chats/{phone}', 'contactName', 'contact.name')],
    before: {
      documents: {
        [`${chat}/1`]: { contactName: 'Ada', n: 1 },
        [`${chat}/2`]: { contactName: null, contact: { phone: '1' } },
        [`${chat}/3`]: { other: true },
        'Whatsapp_Data/u2/chats/1': { contactName: 'Bo' },
        'Archive/x/old/y/chats/1': { contactName: 'not of the pattern' },
      },
      sql: [],
    },
    after: {
      documents: {
        [`${chat}/1`]: { contactName: 'Ada', contact: { name: 'Ada' }, n: 1 },
        [`${chat}/2`]: { contactName: null, contact: { phone: '1', name: null } },
        [`${chat}/3`]: { other: true },
        'Whatsapp_Data/u2/chats/1': { contactName: 'Bo', contact: { name: 'Bo' } },
        'Archive/x/old/y/chats/1': { contactName: 'not of the pattern' },
      },
      queries: [],
    },
    completed: {
      [`${chat}/1`]: { contact: { name: 'Ada' }, n: 1 },
      [`${chat}/2`]: { contact: { phone: '1', name: null } },
      [`${chat}/3`]: { other: true },
      'Whatsapp_Data/u2/chats/1': { contact: { name: 'Bo' } },
      'Archive/x/old/y/chats/1': { contactName: 'not of the pattern' },
    },
    others: {
      documents: {
        // An old client, a new one that writes both, one that writes only the new place, and one that is born there.
        [`${chat}/1`]: { contactName: 'Ada L.', contact: { name: 'Ada' }, n: 2 },
        [`${chat}/2`]: { contactName: 'Cy', contact: { phone: '1', name: 'Cy' } },
        'Whatsapp_Data/u2/chats/1': { contactName: 'Bo', contact: { name: 'Bob' } },
        [`${chat}/4`]: { contact: { name: 'Dee' } },
      },
      sql: [],
      afterDown: {
        documents: {
          [`${chat}/1`]: { contactName: 'Ada L.', n: 2 },
          [`${chat}/2`]: { contactName: 'Cy', contact: { phone: '1' } },
          [`${chat}/3`]: { other: true },
          [`${chat}/4`]: { contactName: 'Dee', contact: {} },
          'Whatsapp_Data/u2/chats/1': { contactName: 'Bob' },
          'Archive/x/old/y/chats/1': { contactName: 'not of the pattern' },
        },
        queries: [],
      },
    },
  },
  {
    name: 'a field of each member of a list in each entry of a map',
    steps: [renameFieldStep('Users/{uid}', 'workflows.*.sheets[].id', 'workflows.*.sheets[].sheetId')],
    before: {
      documents: {
        'Users/a': { workflows: { one: { sheets: [{ id: 'x', n: 1 }, { n: 2 }, 'text'] }, 'two.b': { sheets: [] } } },
        'Users/b': { workflows: { one: 'not a map' } },
      },
      sql: [],
    },
    after: {
      documents: {
        'Users/a': {
          workflows: { one: { sheets: [{ id: 'x', sheetId: 'x', n: 1 }, { n: 2 }, 'text'] }, 'two.b': { sheets: [] } },
        },
        'Users/b': { workflows: { one: 'not a map' } },
      },
      queries: [],
    },
    completed: {
      'Users/a': {
        workflows: { one: { sheets: [{ sheetId: 'x', n: 1 }, { n: 2 }, 'text'] }, 'two.b': { sheets: [] } },
      },
      'Users/b': { workflows: { one: 'not a map' } },
    },
    others: {
      documents: {
        'Users/b': { workflows: { one: { sheets: [{ sheetId: 'new' }, { id: 'old', sheetId: 'stale' }] } } },
      },
      sql: [],
      afterDown: {
        documents: {
          'Users/a': { workflows: { one: { sheets: [{ id: 'x', n: 1 }, { n: 2 }, 'text'] }, 'two.b': { sheets: [] } } },
          'Users/b': { workflows: { one: { sheets: [{ id: 'new' }, { id: 'old' }] } } },
        },
        queries: [],
      },
    },
  },
  {
    name: 'values of every form, a key with dots, and maps that others change',
    steps: [renameFieldStep('Users/{uid}', 'old', 'new.`the.key`.deep')],
    before: {
      documents: {
        'Users/list': { old: [1, { old: 2 }], n: 1 },
        'Users/map': { old: { a: 1, 'b.c': { d: null } } },
        'Users/clash': { old: { a: 1, b: 1 } },
        'Users/null': { old: null, new: { kept: true, 'the.key': {} } },
        'Users/empty': { old: {} },
        'Users/none': { new: { other: 1 } },
        'Users/nothing': {},
        'Users/gone': { old: 'x' },
      },
      sql: [],
    },
    after: {
      documents: {
        'Users/list': { old: [1, { old: 2 }], n: 1, new: { 'the.key': { deep: [1, { old: 2 }] } } },
        'Users/map': { old: { a: 1, 'b.c': { d: null } }, new: { 'the.key': { deep: { a: 1, 'b.c': { d: null } } } } },
        'Users/clash': { old: { a: 1, b: 1 }, new: { 'the.key': { deep: { a: 1, b: 1 } } } },
        'Users/null': { old: null, new: { kept: true, 'the.key': { deep: null } } },
        'Users/empty': { old: {}, new: { 'the.key': { deep: {} } } },
        'Users/none': { new: { other: 1 } },
        'Users/nothing': {},
        'Users/gone': { old: 'x', new: { 'the.key': { deep: 'x' } } },
      },
      queries: [],
    },
    completed: {
      'Users/list': { n: 1, new: { 'the.key': { deep: [1, { old: 2 }] } } },
      'Users/map': { new: { 'the.key': { deep: { a: 1, 'b.c': { d: null } } } } },
      'Users/clash': { new: { 'the.key': { deep: { a: 1, b: 1 } } } },
      'Users/null': { new: { kept: true, 'the.key': { deep: null } } },
      'Users/empty': { new: { 'the.key': { deep: {} } } },
      'Users/none': { new: { other: 1 } },
      'Users/nothing': {},
      'Users/gone': { new: { 'the.key': { deep: 'x' } } },
    },
    others: {
      documents: {
        // Each side changed another member of the map; then both the same one: the old place wins, and both stay.
        'Users/map': { old: { a: 2, 'b.c': { d: null } }, new: { 'the.key': { deep: { a: 1, 'b.c': { d: 'new' } } } } },
        'Users/clash': { old: { a: 2, b: 1 }, new: { 'the.key': { deep: { a: 3, b: 4 } } } },
        // Gone from the new place alone: who writes the document whole in the old shape does that. Deleted by old clients.
        'Users/list': { old: [1, { old: 2 }], n: 1, new: { 'the.key': {} } },
        'Users/empty': { new: { 'the.key': { deep: {} } } },
        'Users/gone': null,
        // What a new client left in the way of nothing stays.
        'Users/nothing': { new: { 'the.key': 'not a map' } },
      },
      sql: [],
      afterDown: {
        documents: {
          'Users/list': { old: [1, { old: 2 }], n: 1, new: { 'the.key': {} } },
          'Users/map': { old: { a: 2, 'b.c': { d: 'new' } } },
          'Users/clash': { old: { a: 2, b: 4 }, new: { 'the.key': { deep: { a: 3, b: 4 } } } },
          'Users/null': { old: null, new: { kept: true, 'the.key': {} } },
          'Users/empty': {},
          'Users/none': { new: { other: 1 } },
          'Users/nothing': { new: { 'the.key': 'not a map' } },
        },
        queries: [],
      },
    },
  },
  {
    name: 'a field of list members goes into a map that some of them have',
    steps: [renameFieldStep('Users/{uid}', 'items[].price', 'items[].cost.net')],
    before: {
      documents: {
        'Users/a': { items: [{ price: 1 }, { price: 2, cost: {} }, { cost: { gross: 3 } }, { n: 1 }, null] },
        'Users/b': { items: [{ price: { amount: 5 } }] },
        'Users/c': { items: 'no list' },
      },
      sql: [],
    },
    after: {
      documents: {
        'Users/a': {
          items: [
            { price: 1, cost: { net: 1 } },
            { price: 2, cost: { net: 2 } },
            { cost: { gross: 3 } },
            { n: 1 },
            null,
          ],
        },
        'Users/b': { items: [{ price: { amount: 5 }, cost: { net: { amount: 5 } } }] },
        'Users/c': { items: 'no list' },
      },
      queries: [],
    },
    completed: {
      'Users/a': { items: [{ cost: { net: 1 } }, { cost: { net: 2 } }, { cost: { gross: 3 } }, { n: 1 }, null] },
      'Users/b': { items: [{ cost: { net: { amount: 5 } } }] },
      'Users/c': { items: 'no list' },
    },
    others: {
      documents: {
        'Users/b': { items: [{ price: { amount: 5 }, cost: { net: { amount: 5 } } }, { cost: { net: 7 } }] },
      },
      sql: [],
      afterDown: {
        documents: {
          'Users/a': { items: [{ price: 1 }, { price: 2, cost: {} }, { cost: { gross: 3 } }, { n: 1 }, null] },
          'Users/b': { items: [{ price: { amount: 5 } }, { price: 7 }] },
          'Users/c': { items: 'no list' },
        },
        queries: [],
      },
    },
  },
]
