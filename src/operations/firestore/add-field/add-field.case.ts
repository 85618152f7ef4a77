import type { OperationCase } from '../../operation-case.ts'
import { addFieldStep } from './add-field.ts'

const chat = 'Whatsapp_Data/u1/chats'

/** A tenant whose parent document is missing, another collection of the same name, a field some have already. */
export const addFieldCases: readonly OperationCase[] = [
  {
    name: 'a default for the documents that lack it',
    steps: [
      addFieldStep('Whatsapp_Data/{uid}/chats/{phone}', { language: 'en', 'settings.tone': 'kind' }, { queried: true }),
    ],
    before: {
      documents: {
        [`${chat}/1`]: { contactName: 'Ada' },
        [`${chat}/2`]: { contactName: 'Bo', language: 'de', settings: { volume: 3 } },
        [`${chat}/3`]: { language: null },
        'Whatsapp_Data/u2/chats/1': { n: 5, ratio: 5.5 },
        'Archive/x/old/y/chats/1': { contactName: 'not of the pattern' },
      },
      sql: [],
    },
    after: {
      documents: {
        [`${chat}/1`]: { contactName: 'Ada', language: 'en', settings: { tone: 'kind' } },
        [`${chat}/2`]: { contactName: 'Bo', language: 'de', settings: { volume: 3, tone: 'kind' } },
        [`${chat}/3`]: { language: null, settings: { tone: 'kind' } },
        'Whatsapp_Data/u2/chats/1': { n: 5, ratio: 5.5, language: 'en', settings: { tone: 'kind' } },
        'Archive/x/old/y/chats/1': { contactName: 'not of the pattern' },
      },
      queries: [],
    },
    others: {
      documents: {
        [`${chat}/1`]: { contactName: 'Ada', language: 'fr', settings: { tone: 'kind' } },
        [`${chat}/3`]: null,
        'Whatsapp_Data/u2/chats/1': { n: 5, ratio: 5.5, language: 'en', settings: { tone: 'kind', volume: 1 } },
        [`${chat}/4`]: { contactName: 'new', language: 'es' },
      },
      sql: [],
      afterDown: {
        documents: {
          [`${chat}/1`]: { contactName: 'Ada', language: 'fr' },
          [`${chat}/2`]: { contactName: 'Bo', language: 'de', settings: { volume: 3 } },
          [`${chat}/4`]: { contactName: 'new', language: 'es' },
          'Whatsapp_Data/u2/chats/1': { n: 5, ratio: 5.5, settings: { volume: 1 } },
          'Archive/x/old/y/chats/1': { contactName: 'not of the pattern' },
        },
        queries: [],
      },
    },
  },
  {
    name: 'a function of the document',
    steps: [
      addFieldStep(
        'Users/{uid}',
        { greeting: (user, { uid }) => `Hello ${String(user['name'])} (${uid ?? ''})` },
        { reads: ['name'] },
      ),
    ],
    before: { documents: { 'Users/a': { name: 'Ada', secret: 'x' }, 'Users/b': { name: 'Bo' } }, sql: [] },
    after: {
      documents: {
        'Users/a': { name: 'Ada', secret: 'x', greeting: 'Hello Ada (a)' },
        'Users/b': { name: 'Bo', greeting: 'Hello Bo (b)' },
      },
      queries: [],
    },
    others: {
      documents: { 'Users/a': { name: 'Ada L.', secret: 'x', greeting: 'Hello Ada (a)' } },
      sql: [],
      afterDown: { documents: { 'Users/a': { name: 'Ada L.', secret: 'x' }, 'Users/b': { name: 'Bo' } }, queries: [] },
    },
  },
]
