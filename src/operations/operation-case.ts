import type { EmbeddersConfig } from '../embeddings/embedder-config.ts'
import type { TenantsConfig } from '../tenants/tenants-config.ts'
import type { Step } from './operation.ts'

/** Documents by name, as decoded values that `encodeValue` takes. */
export type CaseDocuments = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** Files of the user's project by path, with their text: only those that operations write. */
export type CaseFiles = Readonly<Record<string, string>>

export interface CaseQuery {
  readonly sql: string
  readonly rows: readonly Readonly<Record<string, unknown>>[]
}

/** What an operation does to a small world, from which every law is tried. */
export interface OperationCase {
  readonly name: string
  readonly tenants?: TenantsConfig
  readonly steps: readonly Step[]
  readonly embedders?: EmbeddersConfig
  /** The SQL files that steps read, by path from the project's folder. */
  readonly sources?: CaseFiles
  readonly before: { readonly documents: CaseDocuments; readonly sql: readonly string[]; readonly files?: CaseFiles }
  /** The documents after `up`, all of them, and what queries give then. */
  readonly after: {
    readonly documents: CaseDocuments
    readonly queries: readonly CaseQuery[]
    readonly files?: CaseFiles
  }
  /** The documents after `complete`, where it removes some of what stayed for the way back. */
  readonly completed?: CaseDocuments
  /**
   * What others write between `up` and `down` (null deletes a document), and the documents and answers after `down`:
   * theirs is kept, ours is gone.
   */
  readonly others: {
    readonly documents: Readonly<Record<string, Readonly<Record<string, unknown>> | null>>
    readonly sql: readonly string[]
    readonly files?: CaseFiles
    readonly afterDown: OperationCase['after']
  }
}
