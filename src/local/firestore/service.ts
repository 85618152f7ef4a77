import { status } from '@grpc/grpc-js'
import type { UntypedServiceImplementation } from '@grpc/grpc-js'
import type { Gate } from './commit.ts'
import type { Databases } from './databases.ts'
import { createHandlers } from './handlers.ts'
import type { HandlerParts } from './handlers.ts'
import type { IndexRules } from './indexes.ts'
import { listen } from './listen.ts'
import { createMutations } from './mutations.ts'
import { createReads } from './reads.ts'
import type { ListenRequest, WriteRequest } from './requests.ts'
import { refusal } from './status.ts'
import type { Transactions } from './transactions.ts'
import { writeStream } from './write-stream.ts'

/** As production has pipelines in databases of the Enterprise edition alone. */
const pipelinesRefused =
  'Pipeline operations need a database of the Enterprise edition; this server stands for one of the Standard edition.'

/** What a service stands on. */
export interface ServiceParts extends Gate, IndexRules, HandlerParts {
  readonly databases: Databases
  readonly transactions: Transactions
  /** Ends streams that would otherwise stay open. */
  readonly closing: AbortSignal
}

/** The methods of google.firestore.v1.Firestore, for grpc-js, which answers UNIMPLEMENTED where a newer client knows more. */
export function createService(parts: ServiceParts): UntypedServiceImplementation {
  const { databases, transactions, checkIndexes } = parts
  const reads = createReads(databases, transactions, checkIndexes)
  const { unary, streaming, duplex } = createHandlers(parts)
  const mutations = createMutations(databases, transactions, parts)
  const written = { databases, gate: parts, locks: transactions.locks }
  return {
    GetDocument: unary('GetDocumentRequest', reads.getDocument),
    ListDocuments: unary('ListDocumentsRequest', reads.listDocuments),
    ListCollectionIds: unary('ListCollectionIdsRequest', reads.listCollectionIds),
    PartitionQuery: unary('PartitionQueryRequest', reads.partitionQuery),
    BatchGetDocuments: streaming('BatchGetDocumentsRequest', reads.batchGetDocuments),
    RunQuery: streaming('RunQueryRequest', reads.runQuery),
    RunAggregationQuery: streaming('RunAggregationQueryRequest', reads.runAggregationQuery),
    ExecutePipeline: streaming('ExecutePipelineRequest', () => {
      throw refusal(status.FAILED_PRECONDITION, pipelinesRefused)
    }),
    CreateDocument: unary('CreateDocumentRequest', mutations.createDocument),
    UpdateDocument: unary('UpdateDocumentRequest', mutations.updateDocument),
    DeleteDocument: unary('DeleteDocumentRequest', mutations.deleteDocument),
    Commit: unary('CommitRequest', mutations.commit),
    BatchWrite: unary('BatchWriteRequest', mutations.batchWrite),
    BeginTransaction: unary('BeginTransactionRequest', mutations.beginTransaction),
    Rollback: unary('RollbackRequest', mutations.rollback),
    Listen: duplex<ListenRequest>('ListenRequest', (call, parse) => listen(call, parse, parts)),
    Write: duplex<WriteRequest>('WriteRequest', (call, parse) => writeStream(call, parse, written)),
  }
}
