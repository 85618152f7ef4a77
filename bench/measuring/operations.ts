import type { Seeds } from './documents.ts'

export interface BenchOperation {
  /** The phase in which it writes every document. */
  readonly phase: 'backfill' | 'contract'
  readonly step: string
  /** What the documents have besides seven fields. */
  readonly seeds?: Seeds
}

/** One step of each per-document operation on the same documents. `raw-operation.mjs` does by hand what each writes. */
export const operations = {
  addField: { phase: 'backfill', step: `firestore.addField('Chats/{id}', { language: 'en' })` },
  removeField: { phase: 'contract', step: `firestore.removeField('Chats/{id}', 'title')` },
  renameField: { phase: 'backfill', step: `firestore.renameField('Chats/{id}', 'title', 'name')` },
  convertField: {
    phase: 'backfill',
    step: `firestore.convertField('Chats/{id}', 'unread', { from: 'int', to: 'string' })`,
  },
  convertBeside: {
    phase: 'backfill',
    step: `firestore.convertField('Chats/{id}', 'unread', { from: 'int', to: 'string', strategy: 'beside', as: 'waiting' })`,
  },
  transformDocuments: {
    phase: 'backfill',
    step: `firestore.transformDocuments('Chats/{id}', { reads: ['unread'], marker: { field: 'shape', value: 2 }, up: (chat) => ({ ...chat, unread: Number(chat.unread) + 1 }), down: (chat) => ({ ...chat, unread: Number(chat.unread) - 1 }) })`,
  },
  moveToSubcollection: {
    phase: 'backfill',
    seeds: 'map',
    step: `firestore.moveToSubcollection('Chats/{id}', 'labels', { into: 'labels' })`,
  },
  foldSubcollection: {
    phase: 'backfill',
    seeds: 'subcollection',
    step: `firestore.foldSubcollection('Chats/{id}', 'notes', { into: 'notes' })`,
  },
  splitDocument: {
    phase: 'backfill',
    step: `firestore.splitDocument('Chats/{id}', { into: 'Phones/{id}', fields: ['phone', 'title'] })`,
  },
  mergeDocuments: {
    phase: 'backfill',
    seeds: 'second collection',
    step: `firestore.mergeDocuments('Phones/{id}', { into: 'Chats/{id}', as: 'contact' })`,
  },
  renameCollection: { phase: 'backfill', step: `firestore.renameCollection('Chats/{id}', 'Talks/{id}')` },
} as const satisfies Record<string, BenchOperation>

export type OperationName = keyof typeof operations
