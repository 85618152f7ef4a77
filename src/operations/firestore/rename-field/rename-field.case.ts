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
]
