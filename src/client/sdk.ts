import type { HomeDatabase } from '../operations/conversions/references.ts'

/**
 * What converters need of the app's Firestore SDK: `firebase-admin`, `@google-cloud/firestore` or the web SDK. Only
 * what the steps of a shape make is asked for; a conversion to timestamps needs `Timestamp`, one to bytes `bytes`.
 */
export interface Sdk {
  /** `() => FieldValue.delete()`, or `deleteField` of the web SDK. */
  readonly deleteField: () => unknown
  readonly Timestamp?: new (seconds: number, nanoseconds: number) => object
  readonly GeoPoint?: new (latitude: number, longitude: number) => object
  /** For `updateArguments`, which takes keys with any characters. */
  readonly FieldPath?: new (...segments: string[]) => object
  /** Bytes as the SDK writes them, e.g. `Bytes.fromUint8Array`; Uint8Array without it, which the server SDKs take. */
  readonly bytes?: (bytes: Uint8Array) => unknown
  /** `FieldValue.vector`, or `vector` of the web SDK. */
  readonly vector?: (values: number[]) => unknown
  /** The reference of a path: `(path) => firestore.doc(path)`, or `(path) => doc(firestore, path)`. */
  readonly doc?: (path: string) => unknown
  /** The database whose references are relative paths where they become strings. */
  readonly database?: HomeDatabase
}

/** A point in time as every SDK gives it. */
export interface TimestampLike {
  readonly seconds: number
  readonly nanoseconds: number
  toDate(): Date
  toMillis(): number
}

export interface GeoPointLike {
  readonly latitude: number
  readonly longitude: number
}

export interface ReferenceLike {
  readonly path: string
}

export interface VectorLike {
  toArray(): number[]
}

/** Uint8Array (Buffer) in the server SDKs, Bytes in the web SDK. */
export type BytesLike = Uint8Array | { toUint8Array(): Uint8Array }
