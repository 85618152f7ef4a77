/**
 * The messages of google.firestore.v1 as protobufjs decodes them, only as far as this server reads them. Every
 * property may be absent: an unset field is the default on the prototype or undefined.
 */
export interface WireLong {
  readonly low: number
  readonly high: number
  toString(): string
}

export type WireInt = WireLong | number

export interface WireTimestamp {
  readonly seconds?: WireInt | null
  readonly nanos?: number | null
}

export interface WireValue {
  readonly nullValue?: number
  readonly booleanValue?: boolean
  readonly integerValue?: WireInt
  readonly doubleValue?: number
  readonly timestampValue?: WireTimestamp
  readonly stringValue?: string
  readonly bytesValue?: Uint8Array
  readonly referenceValue?: string
  readonly geoPointValue?: { readonly latitude?: number; readonly longitude?: number }
  readonly arrayValue?: { readonly values?: readonly WireValue[] }
  readonly mapValue?: { readonly fields?: WireFields }
}

export type WireFields = Readonly<Record<string, WireValue>>

export interface WireDocument {
  readonly name?: string
  readonly fields?: WireFields
  readonly createTime?: WireTimestamp | null
  readonly updateTime?: WireTimestamp | null
}

export interface WireMask {
  readonly fieldPaths?: readonly string[]
}

export interface WirePrecondition {
  readonly exists?: boolean
  readonly updateTime?: WireTimestamp
}

export interface WireFieldTransform {
  readonly fieldPath?: string
  readonly setToServerValue?: number
  readonly increment?: WireValue
  readonly maximum?: WireValue
  readonly minimum?: WireValue
  readonly appendMissingElements?: { readonly values?: readonly WireValue[] }
  readonly removeAllFromArray?: { readonly values?: readonly WireValue[] }
}

export interface WireWrite {
  readonly update?: WireDocument | null
  readonly delete?: string
  readonly transform?: { readonly document?: string; readonly fieldTransforms?: readonly WireFieldTransform[] } | null
  readonly updateMask?: WireMask | null
  readonly updateTransforms?: readonly WireFieldTransform[]
  readonly currentDocument?: WirePrecondition | null
}

export interface WireFieldReference {
  readonly fieldPath?: string
}

export interface WireFilter {
  readonly compositeFilter?: { readonly op?: number; readonly filters?: readonly WireFilter[] } | null
  readonly fieldFilter?: {
    readonly field?: WireFieldReference | null
    readonly op?: number
    readonly value?: WireValue | null
  } | null
  readonly unaryFilter?: { readonly op?: number; readonly field?: WireFieldReference | null } | null
}

export interface WireOrder {
  readonly field?: WireFieldReference | null
  readonly direction?: number
}

export interface WireCursor {
  readonly values?: readonly WireValue[]
  readonly before?: boolean
}

export interface WireQuery {
  readonly select?: { readonly fields?: readonly WireFieldReference[] } | null
  readonly from?: readonly { readonly collectionId?: string; readonly allDescendants?: boolean }[]
  readonly where?: WireFilter | null
  readonly orderBy?: readonly WireOrder[]
  readonly startAt?: WireCursor | null
  readonly endAt?: WireCursor | null
  readonly offset?: number
  readonly limit?: { readonly value?: number } | null
  readonly findNearest?: WireFindNearest | null
}

export interface WireFindNearest {
  readonly vectorField?: WireFieldReference | null
  readonly queryVector?: WireValue | null
  readonly distanceMeasure?: number
  readonly limit?: { readonly value?: number } | null
  readonly distanceResultField?: string
  readonly distanceThreshold?: { readonly value?: number } | null
}

export interface WireAggregation {
  readonly count?: { readonly upTo?: { readonly value?: WireInt } | null } | null
  readonly sum?: { readonly field?: WireFieldReference | null } | null
  readonly avg?: { readonly field?: WireFieldReference | null } | null
  readonly alias?: string
}

export interface WireExplainOptions {
  readonly analyze?: boolean
}

export interface WireTransactionOptions {
  readonly readOnly?: { readonly readTime?: WireTimestamp | null } | null
  readonly readWrite?: { readonly retryTransaction?: Uint8Array } | null
}

/** How a read says at what moment it looks. */
export interface WireConsistency {
  readonly transaction?: Uint8Array
  readonly newTransaction?: WireTransactionOptions | null
  readonly readTime?: WireTimestamp | null
}

export interface WireTarget {
  readonly query?: { readonly parent?: string; readonly structuredQuery?: WireQuery | null } | null
  readonly documents?: { readonly documents?: readonly string[] } | null
  readonly resumeToken?: Uint8Array
  readonly readTime?: WireTimestamp | null
  readonly targetId?: number
  readonly once?: boolean
}
