/** SQL from one place: a file, or a part of a step. */
export interface SqlText {
  /** What people know it by: the path of its file, or the part of the step (`up`). */
  readonly name: string
  readonly text: string
  /** The file that holds exactly this text; undefined for SQL written inside of a step. */
  readonly file?: string | undefined
  /** Whether the runner wraps all of it in one transaction. Undefined: only its own BEGIN does. */
  readonly inTransaction?: boolean | undefined
  /** True where the runner sets lock_timeout and statement_timeout by itself, as Lockstep does for its steps. */
  readonly timed?: boolean | undefined
  /**
   * Where the text defines one function, whose owner, grants and attributes are somebody else's business: the roles that
   * may call it, as far as it is said.
   */
  readonly definition?: { readonly execute: readonly string[] } | undefined
}
