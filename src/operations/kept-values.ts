import type { TableName } from '../kernel/identifiers.ts'

/** Values of a column that go into the ledger before they are taken away. */
export interface KeptValues {
  readonly table: TableName
  /** The columns that tell a row; empty keeps the whole row as its key. */
  readonly key: readonly string[]
  /** The column as it is called now, and as users know it. */
  readonly column: string
  readonly knownAs: string
  /** SQL of the value that need not be kept; undefined keeps all but NULL. */
  readonly usual: string | undefined
  /** For the journal; without it, that others wrote to the column. */
  readonly why?: string
}

/** Values of a column that `keepValues` put into the ledger in this step, on their way back into the table. */
export interface RestoredValues {
  readonly table: TableName
  readonly key: readonly string[]
  readonly column: string
  /** What users knew it as when its values were kept, where that is another name. */
  readonly knownAs?: string
  /** SQL over the row as it would be then: without it the value stays in the ledger. */
  readonly where: string
}
