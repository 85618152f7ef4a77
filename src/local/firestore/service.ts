import type {
  handleBidiStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  ServerDuplexStream,
  UntypedServiceImplementation,
} from '@grpc/grpc-js'
import type { Keep } from './commit.ts'
import type { Databases } from './databases.ts'
import type { CheckIndexes } from './indexes.ts'
import { limits } from './limits.ts'
import { listen } from './listen.ts'
import { createMutations } from './mutations.ts'
import type { Protocol } from './protocol.ts'
import { createReads } from './reads.ts'
import type { ListenRequest, WriteRequest } from './requests.ts'
import { invalid, toRefusal } from './status.ts'
import { sendAll } from './stream.ts'
import type { Transactions } from './transactions.ts'
import { writeStream } from './write-stream.ts'

/** What a service stands on. */
export interface ServiceParts {
  readonly databases: Databases
  readonly transactions: Transactions
  readonly protocol: Protocol
  readonly keep: Keep
  readonly checkIndexes: CheckIndexes
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
  const { unary, streaming, duplex } = createHandlers(parts.protocol)
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

interface Handlers {
  readonly unary: <Request>(type: string, answer: (request: Request) => object) => handleUnaryCall<Buffer, object>
  readonly streaming: <Request>(
    type: string,
    answer: (request: Request) => Iterable<object>,
  ) => handleServerStreamingCall<Buffer, object>
  readonly duplex: <Request>(type: string, converse: Converse<Request>) => handleBidiStreamingCall<Buffer, object>
}

type Converse<Request> = (call: ServerDuplexStream<Buffer, object>, parse: (bytes: Buffer) => Request) => void

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
    duplex:
      <Request>(type: string, converse: Converse<Request>) =>
      (call: ServerDuplexStream<Buffer, object>) =>
        converse(call, (bytes) => parse<Request>(type, bytes)),
  }
}
