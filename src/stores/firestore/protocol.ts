/**
 * The part of google.firestore.v1 this adapter speaks, in the shape the driver's raw client gives and takes:
 * 64-bit integers as decimal strings, enums by name, one extra key (`valueType`, `result`) naming the member set.
 */
export interface RawTimestamp {
  readonly seconds: string | number
  readonly nanos: number
}

export type RawFields = Record<string, RawValue>

export interface RawValue {
  readonly valueType?: string
  readonly nullValue?: string
  readonly booleanValue?: boolean
  readonly integerValue?: string
  readonly doubleValue?: number
  readonly timestampValue?: RawTimestamp
  readonly stringValue?: string
  readonly bytesValue?: Uint8Array
  readonly referenceValue?: string
  readonly geoPointValue?: { readonly latitude: number; readonly longitude: number }
  readonly arrayValue?: { readonly values: readonly RawValue[] }
  readonly mapValue?: { readonly fields: RawFields }
}

export interface RawDocument {
  readonly name: string
  readonly fields: RawFields
  readonly createTime: RawTimestamp
  readonly updateTime: RawTimestamp
}

export interface RawStatus {
  readonly code: number
  readonly message: string
}

export interface RawWrite {
  readonly update?: { readonly name: string; readonly fields: RawFields }
  readonly delete?: string
  readonly updateMask?: { readonly fieldPaths: readonly string[] }
  readonly currentDocument?: { readonly exists: boolean } | { readonly updateTime: RawTimestamp }
}

export interface RawWriteResult {
  readonly updateTime?: RawTimestamp | null
}

export interface RawCursor {
  readonly values?: readonly RawValue[]
  readonly before?: boolean
}

export type RawFilter =
  | { readonly compositeFilter: { readonly op: 'AND'; readonly filters: readonly RawFilter[] } }
  | {
      readonly fieldFilter: {
        readonly field: { readonly fieldPath: string }
        readonly op: 'GREATER_THAN_OR_EQUAL' | 'LESS_THAN'
        readonly value: RawValue
      }
    }

export interface RawQuery {
  /** Without a collection id: every collection. */
  readonly from: readonly { readonly collectionId?: string; readonly allDescendants: boolean }[]
  readonly where?: RawFilter
  readonly orderBy?: readonly { readonly field: { readonly fieldPath: string }; readonly direction: 'ASCENDING' }[]
  readonly select?: { readonly fields: readonly { readonly fieldPath: string }[] }
  readonly startAt?: RawCursor
  readonly endAt?: RawCursor
  readonly limit?: { readonly value: number }
}

/** Passed with every call; `retry` and `retryRequestOptions` switch the driver's own retries off. */
export interface CallOptions {
  readonly timeout: number
  readonly retry: { readonly retryCodes: readonly number[] }
  readonly retryRequestOptions: { readonly retries: number; readonly noResponseRetries: number }
  readonly otherArgs: { readonly headers: Readonly<Record<string, string>> }
  readonly autoPaginate?: boolean
}

/** A server-streaming call. `cancel` ends it at the server. */
export interface RawStream extends NodeJS.ReadableStream {
  cancel(): void
  destroy(): void
}

/** The methods of `v1.FirestoreClient` that are used. Each promise resolves to a tuple whose head is the response. */
export interface RawClient {
  /** Finds credentials and makes the channel; rejects when there are none. */
  initialize(): Promise<unknown>
  batchWrite(
    request: { readonly database: string; readonly writes: readonly RawWrite[] },
    options: CallOptions,
  ): Promise<
    readonly [{ readonly status: readonly RawStatus[]; readonly writeResults: readonly RawWriteResult[] }, ...unknown[]]
  >
  commit(
    request: { readonly database: string; readonly writes: readonly RawWrite[] },
    options: CallOptions,
  ): Promise<readonly [{ readonly writeResults: readonly RawWriteResult[] }, ...unknown[]]>
  listCollectionIds(
    request: { readonly parent: string; readonly pageSize?: number },
    options: CallOptions,
  ): Promise<readonly [readonly string[], ...unknown[]]>
  partitionQuery(
    request: { readonly parent: string; readonly structuredQuery: RawQuery; readonly partitionCount: number },
    options: CallOptions,
  ): Promise<readonly [readonly RawCursor[], ...unknown[]]>
  runQuery(request: { readonly parent: string; readonly structuredQuery: RawQuery }, options: CallOptions): RawStream
  batchGetDocuments(
    request: {
      readonly database: string
      readonly documents: readonly string[]
      readonly mask?: { readonly fieldPaths: readonly string[] }
    },
    options: CallOptions,
  ): RawStream
  runAggregationQuery(
    request: {
      readonly parent: string
      readonly structuredAggregationQuery: {
        readonly structuredQuery: RawQuery
        readonly aggregations: readonly { readonly alias: string; readonly count: object }[]
      }
    },
    options: CallOptions,
  ): RawStream
  close(): Promise<void>
}
