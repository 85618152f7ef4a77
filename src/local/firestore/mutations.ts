import { randomInt } from 'node:crypto'
import { batchWrite, commitWrites } from './commit.ts'
import type { Gate } from './commit.ts'
import type { Databases } from './databases.ts'
import type { Holder } from './locks.ts'
import { keyOf, parseDocumentName, parseParent } from './names.ts'
import { maskFields, parseMask } from './paths.ts'
import type {
  BeginTransactionRequest,
  CommitRequest,
  CreateDocumentRequest,
  DeleteDocumentRequest,
  RollbackRequest,
  UpdateDocumentRequest,
} from './requests.ts'
import { invalid } from './status.ts'
import type { Database } from './store.ts'
import type { Transactions } from './transactions.ts'
import type { WireMask, WireWrite } from './wire.ts'

/** A message, or one that has to wait for others to end. */
type Answer = object | Promise<object>

/** The methods of the service that change something, or are about transactions. */
export interface Mutations {
  readonly createDocument: (request: CreateDocumentRequest) => Answer
  readonly updateDocument: (request: UpdateDocumentRequest) => Answer
  readonly deleteDocument: (request: DeleteDocumentRequest) => Answer
  readonly commit: (request: CommitRequest) => Answer
  readonly batchWrite: (request: CommitRequest) => Answer
  readonly beginTransaction: (request: BeginTransactionRequest) => object
  readonly rollback: (request: RollbackRequest) => object
}

export function createMutations(databases: Databases, transactions: Transactions, gate: Gate): Mutations {
  const { locks } = transactions
  const commit = (database: Database, writes: readonly WireWrite[], holder?: Holder) =>
    commitWrites(database, writes, { gate, turn: { locks, database: database.name, holder } })
  const commitOne = async (name: string, write: WireWrite, mask?: WireMask | null): Promise<object> => {
    const parsed = parseDocumentName(name)
    const database = databases.of(parsed.database)
    const paths = parseMask(mask)
    await commit(database, [write])
    const stored = database.get(keyOf(parsed.segments))
    return stored && paths ? { ...stored, fields: maskFields(stored.fields, paths) } : (stored ?? {})
  }
  return {
    createDocument: (request) => {
      if (request.document?.name) throw invalid('document.name must not be set')
      parseParent(request.parent)
      const id = request.documentId === '' ? randomId() : request.documentId
      const name = `${request.parent}/${request.collectionId}/${id}`
      const update = { name, fields: request.document?.fields ?? {} }
      return commitOne(name, { update, currentDocument: { exists: false } }, request.mask)
    },
    updateDocument: ({ document, updateMask = null, mask, currentDocument = null }) =>
      commitOne(document?.name ?? '', { update: document ?? {}, updateMask, currentDocument }, mask),
    deleteDocument: ({ name, currentDocument = null }) => commitOne(name, { delete: name, currentDocument }),
    commit: (request) => {
      const { transaction: id, writes } = request
      const database = databases.of(request.database)
      if (!id?.length) return commit(database, writes)
      return transactions.finish(database, { id, writes: writes.length }, (holder) => commit(database, writes, holder))
    },
    batchWrite: (request) => batchWrite(databases.of(request.database), request.writes, { gate, locks }),
    beginTransaction: (request) => ({
      transaction: transactions.begin(databases.of(request.database), request.options),
    }),
    rollback: (request) => {
      transactions.rollback(databases.of(request.database), request.transaction)
      return {}
    },
  }
}

const idLetters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const randomId = (): string => Array.from({ length: 20 }, () => idLetters[randomInt(idLetters.length)]).join('')
