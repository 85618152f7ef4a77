/**
 * The port to a relational database (Postgres, Supabase, PGlite). Values come back as the `pg` driver gives them,
 * on every adapter: int8 and numeric as strings, timestamptz as Date, json as parsed values, bytea as Buffer.
 */
export interface Queryable {
  /** One statement. Parameters are `$1…`. */
  query<Row extends object = Record<string, unknown>>(sql: string, params?: readonly unknown[]): Promise<readonly Row[]>
  /** Several statements in one round trip, without parameters or results. */
  script(sql: string): Promise<void>
}

export interface TableTarget {
  readonly host: string
  readonly port: number | undefined
  readonly database: string
  readonly user: string
  /** `pglite` has one session: no second connection, no other process. */
  readonly engine: 'postgres' | 'pglite'
  /** e.g. 150008; 180006 */
  readonly serverVersion: number
  /** Stable across reconnects, different for a clone under another name: what a plan is bound to. */
  readonly fingerprint: string
}

export interface TableReader {
  readonly target: TableTarget
  /** One READ ONLY REPEATABLE READ transaction: a write in it is refused by the server (SQLSTATE 25006). */
  read<T>(work: (q: Queryable) => Promise<T>): Promise<T>
}

export interface TransactionOptions {
  /** Milliseconds a statement waits for a lock before SQLSTATE 55P03. Default 500 (pgroll's default). */
  readonly lockTimeout?: number
  /** Milliseconds a statement may take. Default 30,000; 0 is no limit. Not enforced by PGlite. */
  readonly statementTimeout?: number
  /**
   * Statements with parameters are planned once a session instead of five times anew, triggers and functions included:
   * for those that look at the catalog, which take longer to plan than they run. Default false.
   */
  readonly plansOnce?: boolean
}

export interface TableWriter extends TableReader {
  /**
   * One transaction, committed when `work` resolves and rolled back when it rejects. Inside it use only the given
   * handle: on PGlite any other call waits for this transaction to end. Does not retry.
   */
  transaction<T>(work: (q: Queryable) => Promise<T>, options?: TransactionOptions): Promise<T>
  /** One statement outside any transaction (CREATE INDEX CONCURRENTLY), statement timeout lifted, under lockTimeout. */
  autocommit(sql: string, options?: Pick<TransactionOptions, 'lockTimeout'>): Promise<void>
  /** What was written so far survives a crash of the process; on PGlite a checkpoint and fsync, elsewhere nothing. */
  durable(): Promise<void>
  close(): Promise<void>
}

/** The five-character SQLSTATE of an error a driver threw, if it is one. */
export function sqlState(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined
}

/**
 * What an error says, without contents of rows: where Postgres cannot read or fit a value (class 22) it quotes it, and
 * what stands in its quotes is left out.
 */
export function saidBy(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return sqlState(error)?.startsWith('22') === true ? message.replace(/".*"/s, '"…"') : message
}
