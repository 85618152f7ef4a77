/**
 * The port to index definitions: the file of them in the user's project, and the admin API of a store that has one.
 * Field paths are printed as Firestore prints them (`` a.`b.c` ``).
 */

export type QueryScope = 'COLLECTION' | 'COLLECTION_GROUP' | 'COLLECTION_RECURSIVE'

/** How a field is indexed; a vector with its dimension. Strings, so that equal is `===`. */
export type IndexedBy = 'ASCENDING' | 'DESCENDING' | 'CONTAINS' | `VECTOR(${number})`

export interface IndexField {
  readonly path: string
  readonly by: IndexedBy
}

/** An index on several fields, or on one vector. Without a last `__name__` that is implied. */
export interface CompositeIndex {
  readonly group: string
  readonly scope: QueryScope
  readonly fields: readonly IndexField[]
}

/** One index of one field. */
export interface FieldIndex {
  readonly scope: QueryScope
  readonly by: IndexedBy
}

export type IndexState = 'CREATING' | 'READY' | 'NEEDS_REPAIR'

export interface StoredIndex extends CompositeIndex {
  readonly name: string
  readonly state: IndexState
}

export interface StoredFieldIndex extends FieldIndex {
  readonly state: IndexState
}

export interface StoredField {
  readonly name: string
  /** True where the field has no setting of its own: its indexes are those of the collection or of the database. */
  readonly automatic: boolean
  readonly indexes: readonly StoredFieldIndex[]
}

/** Documents that running builds have been through, of about so many. */
export interface BuildProgress {
  readonly done: number
  readonly expected: number
}

export interface IndexReader {
  /** The file of index definitions, relative to the project. */
  readonly file: string
  /** What counts for a step that does not say whether to create its index. */
  readonly create: boolean
  /** The file's text, undefined where there is none. */
  readFile(): Promise<string | undefined>
  /** False on a store without an admin API: the official emulator, the local store where no index file is followed. Nothing below may be asked of it. */
  managed(): Promise<boolean>
  /** Composite indexes of the collection group that serve ordinary queries. */
  list(group: string): Promise<readonly StoredIndex[]>
  field(group: string, path: string): Promise<StoredField>
  /** Of the running operations on this index or field; undefined where none is, or none says how far it is. */
  progress(name: string): Promise<BuildProgress | undefined>
}

export interface IndexWriter extends IndexReader {
  /**
   * Replaces the file as a whole, or removes it for undefined, if its text is still `was`. False where it is not:
   * nothing was written then. After a crash there is the old file or the new one.
   */
  writeFile(text: string | undefined, was: string | undefined): Promise<boolean>
  /** Begins to build the index. False where it existed already. */
  createIndex(index: CompositeIndex): Promise<boolean>
  /** An index that is gone already is fine. False where the server does not delete it, as while it is being built. */
  deleteIndex(name: string): Promise<boolean>
  /** Makes these the field's indexes, all of them; undefined takes its own setting away. Its TTL stays. */
  setField(group: string, path: string, indexes: readonly FieldIndex[] | undefined): Promise<void>
  close(): Promise<void>
}
