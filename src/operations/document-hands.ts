import type { Document, DocumentReader, FieldChange, FieldPath, Fields, Value } from '../stores/documents.ts'
import type { Checkpoint, WorkPhase } from './operation.ts'

export interface RewriteOptions {
  readonly page: readonly Document[]
  /** The fields `change` looks at or changes: all that is read again after a conflict. Undefined: whole documents. */
  readonly fields: readonly FieldPath[] | undefined
  /** Pure. No changes for a document that is in the new shape already. */
  readonly change: (document: Document) => readonly FieldChange[] | Promise<readonly FieldChange[]>
}

/** What is to become of one document. `document` is what that was computed from: its version must still be there. */
export type DocumentEdit = (
  | { readonly op: 'patch'; readonly document: Document; readonly changes: readonly FieldChange[] }
  | { readonly op: 'create'; readonly name: string; readonly fields: Fields }
  /** The document is read whole, since it goes whole into the pre-image. */
  | { readonly op: 'delete'; readonly document: Document }
) & {
  /** Other documents, whose versions must still be there too: one write each, so it is for what is rare. */
  readonly given?: readonly Document[]
}

/** Documents that are looked at and changed together; `key` is the name of one of them. */
export interface Unit {
  readonly key: string
}

export interface SettleOptions<U extends Unit> {
  /** In the order of their keys, as the next page's are after them. */
  readonly units: readonly U[]
  /** Pure; not two edits of one document. None for a unit that is as it should be. */
  readonly edits: (unit: U) => readonly DocumentEdit[] | Promise<readonly DocumentEdit[]>
  /** The same units as they are now, after a conflict; a unit that is gone is left out. */
  readonly reload: (units: readonly U[]) => Promise<readonly U[]>
}

/** What this step did to a document, as a pre-image tells it: values by path, null where there was or is none. */
export interface DocumentImage {
  readonly name: string
  readonly unit: string
  /** The version that was changed; undefined where there was no document. */
  readonly version: string | undefined
  /** The path `[]` is the document as a whole, as a map. */
  readonly before: readonly (readonly [FieldPath, Value | null])[]
  readonly after: readonly (readonly [FieldPath, Value | null])[]
  /** Maps that were not there before and that our write made on the way to a nested field. */
  readonly made: readonly FieldPath[]
  /** In which it was written, where the ledger is asked for it. */
  readonly phase?: WorkPhase
}

/** The writing hand for documents: pre-images first, preconditions always, conflicts read again and recomputed. */
export interface DocumentHands {
  readonly documents: DocumentReader
  /** Pages of a shard in the order of their names; the next may be begun before the last is done. */
  rewrite(options: RewriteOptions): Promise<Checkpoint>
  /** As `rewrite`, for documents that belong together: each edit is a write of its own. */
  settle<U extends Unit>(options: SettleOptions<U>): Promise<Checkpoint>
  /** What this step did to these units in earlier rounds, by unit, oldest first, without what never landed. */
  images(units: readonly string[]): Promise<ReadonlyMap<string, readonly DocumentImage[]>>
  /** Tells those who watch, and the journal, of documents that stay as others left them. */
  kept(names: readonly string[], why: string): void
}
