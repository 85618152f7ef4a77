import type { OperationCase } from '../../operation-case.ts'
import { splitDocumentStep } from './split-document.ts'

const data = 'Whatsapp_Data/u1'

/** What no step here touches: a document below, one of another depth, and one that is in the new collection already. */
const bystanders = {
  [`${data}/chats/1/messages/a`]: { message: 'hi', contactName: 'not of the pattern' },
  'Archive/x/old/y/chats/1': { contactName: 'not of the pattern' },
  [`${data}/contacts/9`]: { unrelated: true },
}

/** Missing parents, a null, none of the fields, a part of the path that is no map; a target that is there already. */
export const splitDocumentCases: readonly OperationCase[] = [
  {
    name: 'fields of a chat become a contact',
    steps: [
      splitDocumentStep('Whatsapp_Data/{uid}/chats/{phone}', {
        into: 'Whatsapp_Data/{uid}/contacts/{phone}',
        fields: { contactName: 'name', phoneNumber: 'phone', 'extra.note': 'note' },
      }),
    ],
    before: {
      documents: {
        ...bystanders,
        [`${data}/chats/1`]: { contactName: 'Ada', phoneNumber: '1', status: 'open', extra: { note: 'x', kept: true } },
        [`${data}/chats/2`]: { contactName: null, extra: { note: 'only' } },
        [`${data}/chats/3`]: { status: 'open', extra: {} },
        [`${data}/chats/4`]: { phoneNumber: '4', status: 'open' },
        'Whatsapp_Data/u2/chats/1': { phoneNumber: '2', extra: 'not a map' },
      },
      sql: [],
    },
    after: {
      documents: {
        ...bystanders,
        [`${data}/chats/1`]: { contactName: 'Ada', phoneNumber: '1', status: 'open', extra: { note: 'x', kept: true } },
        [`${data}/chats/2`]: { contactName: null, extra: { note: 'only' } },
        [`${data}/chats/3`]: { status: 'open', extra: {} },
        [`${data}/chats/4`]: { phoneNumber: '4', status: 'open' },
        'Whatsapp_Data/u2/chats/1': { phoneNumber: '2', extra: 'not a map' },
        [`${data}/contacts/1`]: { name: 'Ada', phone: '1', note: 'x' },
        [`${data}/contacts/2`]: { name: null, note: 'only' },
        [`${data}/contacts/4`]: { phone: '4' },
        'Whatsapp_Data/u2/contacts/1': { phone: '2' },
      },
      queries: [],
    },
    completed: {
      ...bystanders,
      [`${data}/chats/1`]: { status: 'open', extra: { kept: true } },
      [`${data}/chats/2`]: { extra: {} },
      [`${data}/chats/3`]: { status: 'open', extra: {} },
      [`${data}/chats/4`]: { status: 'open' },
      'Whatsapp_Data/u2/chats/1': { extra: 'not a map' },
      [`${data}/contacts/1`]: { name: 'Ada', phone: '1', note: 'x' },
      [`${data}/contacts/2`]: { name: null, note: 'only' },
      [`${data}/contacts/4`]: { phone: '4' },
      'Whatsapp_Data/u2/contacts/1': { phone: '2' },
    },
    others: {
      documents: {
        // An old client and a new one on different fields, and on the same.
        [`${data}/chats/1`]: {
          contactName: 'Ada L.',
          phoneNumber: '1',
          status: 'closed',
          extra: { note: 'x', kept: true },
        },
        [`${data}/contacts/1`]: { name: 'Ada', phone: '99', note: 'x', avatar: 'a' },
        [`${data}/chats/2`]: { contactName: null, extra: { note: 'old' } },
        [`${data}/contacts/2`]: { name: null, note: 'new' },
        // Births: in the old shape, in both, in the new one.
        [`${data}/chats/5`]: { contactName: 'Eve' },
        [`${data}/chats/6`]: { contactName: 'Flo', status: 'open' },
        [`${data}/contacts/6`]: { name: 'Flo' },
        [`${data}/contacts/7`]: { name: 'Gus', avatar: 'g' },
        // Deletions in the new place, and in the old one.
        [`${data}/contacts/4`]: null,
        'Whatsapp_Data/u2/chats/1': null,
      },
      sql: [],
      afterDown: {
        documents: {
          ...bystanders,
          [`${data}/chats/1`]: {
            contactName: 'Ada L.',
            phoneNumber: '99',
            status: 'closed',
            extra: { note: 'x', kept: true },
          },
          [`${data}/contacts/1`]: { avatar: 'a' },
          [`${data}/chats/2`]: { contactName: null, extra: { note: 'old' } },
          [`${data}/contacts/2`]: { note: 'new' },
          [`${data}/chats/3`]: { status: 'open', extra: {} },
          [`${data}/chats/4`]: { status: 'open' },
          [`${data}/chats/5`]: { contactName: 'Eve' },
          [`${data}/chats/6`]: { contactName: 'Flo', status: 'open' },
          [`${data}/chats/7`]: { contactName: 'Gus' },
          [`${data}/contacts/7`]: { avatar: 'g' },
        },
        queries: [],
      },
    },
  },
  {
    name: 'secrets of a user go to a document that is there, or not',
    steps: [
      splitDocumentStep('Users/{uid}', {
        into: 'Users/{uid}/private/main',
        fields: ['credentials', 'workflows.`whatsapp.agent`.limit'],
      }),
    ],
    before: {
      documents: {
        'Users/a': { email: 'a', credentials: { token: 1.5 }, workflows: { 'whatsapp.agent': { limit: 5 } } },
        'Users/b': { email: 'b', credentials: {} },
        'Users/b/private/main': { pin: 1, workflows: { other: true } },
        'Users/c': { workflows: { 'whatsapp.agent': { limit: 7, used: 1 } } },
        'Users/c/private/other': { credentials: 'another document' },
      },
      sql: [],
    },
    after: {
      documents: {
        'Users/a': { email: 'a', credentials: { token: 1.5 }, workflows: { 'whatsapp.agent': { limit: 5 } } },
        'Users/a/private/main': { credentials: { token: 1.5 }, workflows: { 'whatsapp.agent': { limit: 5 } } },
        'Users/b': { email: 'b', credentials: {} },
        'Users/b/private/main': { pin: 1, workflows: { other: true }, credentials: {} },
        'Users/c': { workflows: { 'whatsapp.agent': { limit: 7, used: 1 } } },
        'Users/c/private/main': { workflows: { 'whatsapp.agent': { limit: 7 } } },
        'Users/c/private/other': { credentials: 'another document' },
      },
      queries: [],
    },
    completed: {
      'Users/a': { email: 'a', workflows: { 'whatsapp.agent': {} } },
      'Users/a/private/main': { credentials: { token: 1.5 }, workflows: { 'whatsapp.agent': { limit: 5 } } },
      'Users/b': { email: 'b' },
      'Users/b/private/main': { pin: 1, workflows: { other: true }, credentials: {} },
      'Users/c': { workflows: { 'whatsapp.agent': { used: 1 } } },
      'Users/c/private/main': { workflows: { 'whatsapp.agent': { limit: 7 } } },
      'Users/c/private/other': { credentials: 'another document' },
    },
    others: {
      documents: {
        // Different members of one map; something in the way of what comes back; more in a map that we made.
        'Users/a': { email: 'a', credentials: { token: 2 }, workflows: 'none' },
        'Users/a/private/main': {
          credentials: { token: 1.5, id: 'x' },
          workflows: { 'whatsapp.agent': { limit: 9 } },
        },
        'Users/c/private/main': { workflows: { 'whatsapp.agent': { limit: 8 }, new: true } },
        // An old client writes whole what it has always known: that says nothing of what was split off.
        'Users/b/private/main': { pin: 2 },
      },
      sql: [],
      afterDown: {
        documents: {
          'Users/a': { email: 'a', credentials: { token: 2, id: 'x' }, workflows: 'none' },
          'Users/a/private/main': { workflows: { 'whatsapp.agent': { limit: 9 } } },
          'Users/b': { email: 'b', credentials: {} },
          'Users/b/private/main': { pin: 2 },
          'Users/c': { workflows: { 'whatsapp.agent': { limit: 8, used: 1 } } },
          'Users/c/private/main': { workflows: { new: true } },
          'Users/c/private/other': { credentials: 'another document' },
        },
        queries: [],
      },
    },
  },
]
