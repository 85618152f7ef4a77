import type { OperationCase } from '../../operation-case.ts'
import { ensureIndexStep } from './ensure-index.ts'

const name = 'firestore.indexes.json'
const documents = { 'Whatsapp_Data/u1/chats/1/messages/m1': { timestamp: 1, sender: 'Ada' } }

const before = `{
  // deployed by hand on Mondays
  "indexes": [
    {
      "collectionGroup": "chats",
      "queryScope": "COLLECTION",
      "fields": [{ "fieldPath": "language", "order": "ASCENDING" }, { "fieldPath": "at", "order": "DESCENDING" }]
    } /* the inbox */
  ],
  "fieldOverrides": [
    { "collectionGroup": "messages", "fieldPath": "expires", "ttl": true, "indexes": [] }
  ]
}
`

const after = `{
  // deployed by hand on Mondays
  "indexes": [
    {
      "collectionGroup": "chats",
      "queryScope": "COLLECTION",
      "fields": [{ "fieldPath": "language", "order": "ASCENDING" }, { "fieldPath": "at", "order": "DESCENDING" }]
    }, /* the inbox */
    {
      "collectionGroup": "messages",
      "queryScope": "COLLECTION_GROUP",
      "fields": [
        {
          "fieldPath": "sender",
          "order": "ASCENDING"
        },
        {
          "fieldPath": "timestamp",
          "order": "DESCENDING"
        }
      ]
    }
  ],
  "fieldOverrides": [
    { "collectionGroup": "messages", "fieldPath": "expires", "ttl": true, "indexes": [{ "order": "ASCENDING", "queryScope": "COLLECTION_GROUP" }] },
    { "collectionGroup": "messages", "fieldPath": "timestamp", "indexes": [{ "order": "ASCENDING", "queryScope": "COLLECTION" }, { "order": "DESCENDING", "queryScope": "COLLECTION" }, { "arrayConfig": "CONTAINS", "queryScope": "COLLECTION" }, { "order": "DESCENDING", "queryScope": "COLLECTION_GROUP" }] }
  ]
}
`

const fresh = `{
  "indexes": [],
  "fieldOverrides": [
    {
      "collectionGroup": "messages",
      "fieldPath": "body",
      "indexes": []
    }
  ]
}
`

const theirs = '{ "collectionGroup": "Users", "queryScope": "COLLECTION", "fields": [] }'

/** A file with comments and a TTL, three steps that write it at once, and none at all. */
export const ensureIndexCases: readonly OperationCase[] = [
  {
    name: 'a composite index, a collection-group one, and one beside a TTL',
    steps: [
      ensureIndexStep('messages', { fields: ['sender', ['timestamp', 'desc']], scope: 'COLLECTION_GROUP' }),
      ensureIndexStep('messages', { fields: ['expires'], scope: 'COLLECTION_GROUP' }),
      ensureIndexStep('messages', { fields: [['timestamp', 'desc']], scope: 'COLLECTION_GROUP', create: true }),
      ensureIndexStep('chats', {
        fields: [
          ['language', 'asc'],
          ['at', 'desc'],
          ['__name__', 'desc'],
        ],
      }),
    ],
    before: { documents, sql: [], files: { [name]: before } },
    after: { documents, queries: [], files: { [name]: after } },
    others: {
      documents: {},
      sql: [],
      files: { [name]: after.replace(/ \/\* the inbox \*\//, '').replace('[\n    {', `[\n    ${theirs},\n    {`) },
      afterDown: {
        documents,
        queries: [],
        files: { [name]: before.replace(/ \/\* the inbox \*\//, '').replace('[\n    {', `[\n    ${theirs},\n    {`) },
      },
    },
  },
  {
    name: 'an exemption where there is no file',
    steps: [ensureIndexStep('messages', { field: 'body', indexes: [] })],
    before: { documents, sql: [] },
    after: { documents, queries: [], files: { [name]: fresh } },
    others: {
      documents: {},
      sql: [],
      files: { [name]: fresh.replace('"indexes": [],\n  "f', `"indexes": [${theirs}],\n  "f`) },
      afterDown: {
        documents,
        queries: [],
        files: { [name]: `{\n  "indexes": [${theirs}],\n  "fieldOverrides": []\n}\n` },
      },
    },
  },
]
