import type {
  WireAggregation,
  WireConsistency,
  WireDocument,
  WireExplainOptions,
  WireMask,
  WirePrecondition,
  WireQuery,
  WireTarget,
  WireTimestamp,
  WireTransactionOptions,
  WireWrite,
} from './wire.ts'

export interface GetDocumentRequest extends WireConsistency {
  readonly name: string
  readonly mask?: WireMask | null
}

export interface CreateDocumentRequest {
  readonly parent: string
  readonly collectionId: string
  readonly documentId: string
  readonly document?: WireDocument | null
  readonly mask?: WireMask | null
}

export interface UpdateDocumentRequest {
  readonly document?: WireDocument | null
  readonly updateMask?: WireMask | null
  readonly mask?: WireMask | null
  readonly currentDocument?: WirePrecondition | null
}

export interface DeleteDocumentRequest {
  readonly name: string
  readonly currentDocument?: WirePrecondition | null
}

export interface BatchGetDocumentsRequest extends WireConsistency {
  readonly database: string
  readonly documents: readonly string[]
  readonly mask?: WireMask | null
}

export interface CommitRequest {
  readonly database: string
  readonly writes: readonly WireWrite[]
  readonly transaction?: Uint8Array
}

export interface BeginTransactionRequest {
  readonly database: string
  readonly options?: WireTransactionOptions | null
}

export interface RollbackRequest {
  readonly database: string
  readonly transaction?: Uint8Array
}

export interface RunQueryRequest extends WireConsistency {
  readonly parent: string
  readonly structuredQuery?: WireQuery | null
  readonly explainOptions?: WireExplainOptions | null
}

export interface RunAggregationQueryRequest extends WireConsistency {
  readonly parent: string
  readonly structuredAggregationQuery?: {
    readonly structuredQuery?: WireQuery | null
    readonly aggregations?: readonly WireAggregation[]
  } | null
  readonly explainOptions?: WireExplainOptions | null
}

export interface PartitionQueryRequest {
  readonly parent: string
  readonly structuredQuery?: WireQuery | null
  readonly partitionCount?: { toString(): string } | number
  readonly pageToken: string
  readonly pageSize: number
  readonly readTime?: WireTimestamp | null
}

export interface ListDocumentsRequest extends WireConsistency {
  readonly parent: string
  readonly collectionId: string
  readonly pageSize: number
  readonly pageToken: string
  readonly orderBy: string
  readonly mask?: WireMask | null
  readonly showMissing: boolean
}

export interface ListCollectionIdsRequest {
  readonly parent: string
  readonly pageSize: number
  readonly pageToken: string
  readonly readTime?: WireTimestamp | null
}

export interface ListenRequest {
  readonly database: string
  readonly addTarget?: WireTarget | null
  readonly removeTarget?: number
}

/** The first names the database; each later one carries writes. */
export interface WriteRequest {
  readonly database: string
  readonly streamId: string
  readonly writes: readonly WireWrite[]
}
