import { randomInt } from 'node:crypto'
import type { handleServerStreamingCall, handleUnaryCall, UntypedServiceImplementation } from '@grpc/grpc-js'
import { batchWrite, commitWrites } from './commit.ts'
import type { Keep } from './commit.ts'
import type { Databases } from './databases.ts'
import { limits } from './limits.ts'
import { keyOf, parseDocumentName, parseParent } from './names.ts'
import { maskFields, parseMask } from './paths.ts'
import type { Protocol } from './protocol.ts'
import { createReads } from './reads.ts'
import type {
  BeginTransactionRequest,
  CommitRequest,
  CreateDocumentRequest,
  DeleteDocumentRequest,
  RollbackRequest,
  UpdateDocumentRequest,
} from './requests.ts'
import { invalid, toRefusal } from './status.ts'
import type { Database } from './store.ts'
import { sendAll } from './stream.ts'
import type { Transactions } from './transactions.ts'
import type { WireMask, WireWrite } from './wire.ts'

/**
 * The methods of google.firestore.v1.Firestore this server has, for grpc-js, which answers UNIMPLEMENTED for the others
 * (Listen, Write, ExecutePipeline).
 */
export function createService(
  databases: Databases,
  transactions: Transactions,
  protocol: Protocol,
  keep: Keep,
): UntypedServiceImplementation {
  const reads = createReads(databases, transactions)
  const { unary, streaming } = createHandlers(protocol)
  const single = (database: Database, write: WireWrite, mask: WireMask | null | undefined): object => {
    const paths = parseMask(mask)
    commitWrites(database, [write], keep)
    const name = write.update?.name
    if (name === undefined) return {}
    const stored = database.get(keyOf(parseDocumentName(name).segments))
    return stored && paths ? { ...stored, fields: maskFields(stored.fields, paths) } : (stored ?? {})
  }
  return {
    GetDocument: unary('GetDocumentRequest', reads.getDocument),
    ListDocuments: unary('ListDocumentsRequest', reads.listDocuments),
    ListCollectionIds: unary('ListCollectionIdsRequest', reads.listCollectionIds),
    PartitionQuery: unary('PartitionQueryRequest', reads.partitionQuery),
    BatchGetDocuments: streaming('BatchGetDocumentsRequest', reads.batchGetDocuments),
    RunQuery: streaming('RunQueryRequest', reads.runQuery),
    RunAggregationQuery: streaming('RunAggregationQueryRequest', reads.runAggregationQuery),
    CreateDocument: unary('CreateDocumentRequest', (request: CreateDocumentRequest) => {
      const { database, write } = creation(request)
      return single(databases.of(database), write, request.mask)
    }),
    UpdateDocument: unary('UpdateDocumentRequest', (request: UpdateDocumentRequest) => {
      const { document, updateMask, currentDocument } = request
      const { database } = parseDocumentName(document?.name ?? '')
      const write: WireWrite = { update: document ?? {}, updateMask: updateMask ?? null, currentDocument: currentDocument ?? null }
      return single(databases.of(database), write, request.mask)
    }),
    DeleteDocument: unary('DeleteDocumentRequest', (request: DeleteDocumentRequest) => {
      const { database } = parseDocumentName(request.name)
      const write: WireWrite = { delete: request.name, currentDocument: request.currentDocument ?? null }
      return single(databases.of(database), write, undefined)
    }),
    Commit: unary('CommitRequest', (request: CommitRequest) => {
      const database = databases.of(request.database)
      transactions.finish(database, request.transaction, request.writes.length)
      return commitWrites(database, request.writes, keep)
    }),
    BatchWrite: unary('BatchWriteRequest', (request: CommitRequest) =>
      batchWrite(databases.of(request.database), request.writes, keep),
    ),
    BeginTransaction: unary('BeginTransactionRequest', (request: BeginTransactionRequest) => ({
      transaction: transactions.begin(databases.of(request.database), request.options),
    })),
    Rollback: unary('RollbackRequest', (request: RollbackRequest) => {
      transactions.rollback(databases.of(request.database), request.transaction)
      return {}
    }),
  }
}

/** The write a CreateDocument call stands for. */
function creation(request: CreateDocumentRequest): { readonly database: string; readonly write: WireWrite } {
  if (request.document?.name) throw invalid('document.name must not be set')
  const { database } = parseParent(request.parent)
  const id = request.documentId === '' ? randomId() : request.documentId
  const name = `${request.parent}/${request.collectionId}/${id}`
  const write: WireWrite = { update: { name, fields: request.document?.fields ?? {} }, currentDocument: { exists: false } }
  return { database, write }
}

const idLetters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const randomId = (): string => Array.from({ length: 20 }, () => idLetters[randomInt(idLetters.length)]).join('')

interface Handlers {
  unary<Request>(type: string, answer: (request: Request) => object): handleUnaryCall<Buffer, object>
  streaming<Request>(type: string, answer: (request: Request) => Iterable<object>): handleServerStreamingCall<Buffer, object>
}

function createHandlers(protocol: Protocol): Handlers {
  const parse = <Request>(type: string, bytes: Buffer): Request => {
    if (bytes.length > limits.requestBytes) {
      throw invalid(`Request payload size exceeds the limit: ${limits.requestBytes} bytes.`)
    }
    return protocol.decode<Request>(type, bytes)
  }
  return {
    unary: (type, answer) => (call, reply) => {
      try {
        reply(null, answer(parse(type, call.request)))
      } catch (error) {
        reply(toRefusal(error))
      }
    },
    streaming: (type, answer) => async (call) => {
      try {
        await sendAll(call, answer(parse(type, call.request)))
      } catch (error) {
        call.emit('error', toRefusal(error))
      }
    },
  }
}
