/**
 * The port to a document database (Firestore). Everything here speaks raw protocol values, so that copying and
 * keeping data never changes a type (5.0 stays a double, 2^60 stays exact, a foreign reference stays foreign).
 *
 * Names are relative to the database: `Users/abc`, `Whatsapp_Data/abc/chats/123`. The empty string is the root.
 */

/**
 * A Firestore value in the JSON mapping of google.firestore.v1.Value, with exactly one key. Integers are decimal
 * strings. Doubles and degrees are numbers, or one of the strings where JSON has no number. Timestamps are RFC 3339 in UTC
 * with the fraction cut to what is needed (0, 3, 6 or 9 digits). Bytes are base64. References are full resource
 * names, kept verbatim. Plain JSON: `JSON.parse(JSON.stringify(v))` equals `v`.
 */
export type Value =
  | { readonly nullValue: null }
  | { readonly booleanValue: boolean }
  | { readonly integerValue: string }
  | { readonly doubleValue: number | 'NaN' | 'Infinity' | '-Infinity' | '-0' }
  | { readonly timestampValue: string }
  | { readonly stringValue: string }
  | { readonly bytesValue: string }
  | { readonly referenceValue: string }
  | { readonly geoPointValue: { readonly latitude: number | '-0'; readonly longitude: number | '-0' } }
  | { readonly arrayValue: { readonly values: readonly Value[] } }
  | { readonly mapValue: { readonly fields: Fields } }

export type Fields = Readonly<Record<string, Value>>

/** The keys from the document's root to a field, unescaped: `['a.b', 'c']` is the path written `` `a.b`.c ``. */
export type FieldPath = readonly string[]

export interface Document {
  readonly name: string
  readonly fields: Fields
  /** RFC 3339 with microseconds; the document's version. Equal strings are equal versions. */
  readonly updateTime: string
  readonly createTime: string
}

/** Documents of one collection (`descendants: false`), or of all with that id below `parent` at any depth. */
export interface CollectionScope {
  /** The document above, or '' for the root. */
  readonly parent: string
  readonly collection: string
  readonly descendants: boolean
  /**
   * With `descendants: false`: the documents of the collection and everything below them, whatever the collections
   * below are called, also below documents that do not exist.
   */
  readonly subtree?: boolean
}

/**
 * Names in document-name order; `after` is exclusive, `before` is exclusive, undefined is open. An end need not be a
 * document's name: with a slash at its end it is the place just behind that document, before everything below it.
 */
export interface NameRange {
  readonly after?: string
  readonly before?: string
}

export interface ScanOptions {
  /** Only these fields are read and returned; [] reads names and versions only; undefined reads all. */
  readonly fields?: readonly FieldPath[]
  readonly signal?: AbortSignal
}

export interface DocumentTarget {
  readonly project: string
  readonly database: string
  /** host:port of an emulator or local store; undefined is production. */
  readonly emulator: string | undefined
}

export interface DocumentReader {
  readonly target: DocumentTarget
  /** The same order as `names`; undefined where the document does not exist. */
  get(names: readonly string[], fields?: readonly FieldPath[]): Promise<readonly (Document | undefined)[]>
  /**
   * Every document of the scope inside the range, ascending by name, each once. Streams: memory does not grow with
   * the collection. A broken stream is taken up again after the last name received.
   */
  scan(scope: CollectionScope, range: NameRange, options?: ScanOptions): AsyncIterable<Document>
  /**
   * Splits the scope into at most `count` ranges that cover every possible name without overlap, in name order.
   * Uses the server's PartitionQuery and reads no document; where there is none (the official emulator), and where the
   * server knows no boundaries, that is one range. A subtree is cut at documents of its collection, not of those below.
   */
  partition(scope: CollectionScope, count: number): Promise<readonly NameRange[]>
  /**
   * Documents in the scope; with `having`, only those where that field exists. One read per 1,000; a read a document
   * where the store cannot count the scope (with `having` a subtree, or a group below a document) and a keys-only scan
   * or one of that field does.
   */
  count(scope: CollectionScope, having?: FieldPath): Promise<number>
  /** Ids of the collections below a document, or of the root collections for ''. Sorted. */
  collectionIds(parent: string): Promise<readonly string[]>
}

/** What must hold of the document for a write to land. `any` is for Lockstep's own documents only. */
export type Expect = { readonly updateTime: string } | { readonly exists: boolean } | 'any'

/** `value: undefined` removes the field. */
export interface FieldChange {
  readonly path: FieldPath
  readonly value: Value | undefined
}

export type DocumentWrite =
  /** Changes only the named fields. */
  | { readonly op: 'patch'; readonly name: string; readonly changes: readonly FieldChange[]; readonly expect: Expect }
  /** Makes the document have exactly these fields. */
  | { readonly op: 'put'; readonly name: string; readonly fields: Fields; readonly expect: Expect }
  | { readonly op: 'delete'; readonly name: string; readonly expect: Expect }

/** `conflict`: the expectation did not hold. `transient`: may succeed when sent again. `refused`: never will. */
export type WriteResult =
  | { readonly ok: true; readonly updateTime: string | undefined }
  | {
      readonly ok: false
      readonly kind: 'conflict' | 'transient' | 'throttled' | 'refused'
      readonly status: string
      readonly message: string
    }

export interface DocumentWriter extends DocumentReader {
  /**
   * Independent writes, one result each, in order. Not atomic. Split by the adapter so that no request passes 500
   * writes or the request size limit. Never two writes to one name in one call. Does not retry.
   * Rejects only when the fate of the writes is unknown (connection lost): read again and decide.
   */
  write(writes: readonly DocumentWrite[]): Promise<readonly WriteResult[]>
  /** All or nothing. One result: the first failure, or ok. Rejects as `write` does. */
  commit(writes: readonly DocumentWrite[]): Promise<WriteResult>
  close(): Promise<void>
}
