import type { UntypedServiceImplementation } from '@grpc/grpc-js'
import type { Keep } from './commit.ts'
import type { Databases } from './databases.ts'
import type { Faults } from './faults.ts'
import { createHandlers } from './handlers.ts'
import type { CheckIndexes } from './indexes.ts'
import { listen } from './listen.ts'
import { createMutations } from './mutations.ts'
import type { Protocol } from './protocol.ts'
import { createReads } from './reads.ts'
import type { ListenRequest, WriteRequest } from './requests.ts'
import type { Transactions } from './transactions.ts'
import { writeStream } from './write-stream.ts'

/** What a service stands on. */
export interface ServiceParts {
  readonly databases: Databases
  readonly transactions: Transactions
  readonly protocol: Protocol
  readonly keep: Keep
  readonly checkIndexes: CheckIndexes
  readonly faults: Faults
  /** Cuts the connection of a client. */
  readonly cut: (peer: string) => void
  /** Ends streams that would otherwise stay open. */
  readonly closing: AbortSignal
}

/**
 * The methods of google.firestore.v1.Firestore this server has, for grpc-js, which answers UNIMPLEMENTED for the others
 * (ExecutePipeline).
 */
export function createService(parts: ServiceParts): UntypedServiceImplementation {
  const { databases, transactions, keep, checkIndexes } = parts
  const reads = createReads(databases, transactions, checkIndexes)
  const { unary, streaming, duplex } = createHandlers(parts)
  const mutations = createMutations(databases, transactions, keep)
  return {
    GetDocument: unary('GetDocumentRequest', reads.getDocument),
    ListDocuments: unary('ListDocumentsRequest', reads.listDocuments),
    ListCollectionIds: unary('ListCollectionIdsRequest', reads.listCollectionIds),
    PartitionQuery: unary('PartitionQueryRequest', reads.partitionQuery),
    BatchGetDocuments: streaming('BatchGetDocumentsRequest', reads.batchGetDocuments),
    RunQuery: streaming('RunQueryRequest', reads.runQuery),
    RunAggregationQuery: streaming('RunAggregationQueryRequest', reads.runAggregationQuery),
    CreateDocument: unary('CreateDocumentRequest', mutations.createDocument),
    UpdateDocument: unary('UpdateDocumentRequest', mutations.updateDocument),
    DeleteDocument: unary('DeleteDocumentRequest', mutations.deleteDocument),
    Commit: unary('CommitRequest', mutations.commit),
    BatchWrite: unary('BatchWriteRequest', mutations.batchWrite),
    BeginTransaction: unary('BeginTransactionRequest', mutations.beginTransaction),
    Rollback: unary('RollbackRequest', mutations.rollback),
    Listen: duplex<ListenRequest>('ListenRequest', (call, parse) => listen(call, parse, parts)),
    Write: duplex<WriteRequest>('WriteRequest', (call, parse) => writeStream(call, parse, databases, keep)),
  }
}
