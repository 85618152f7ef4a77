import type { ClientBase, QueryConfig, QueryResult } from 'pg'
import { md5 } from '../../kernel/checksum.ts'
import { LockstepError } from '../../kernel/errors.ts'
import type { Queryable } from '../tables.ts'

/** One connection, and what to make of an error that it throws. */
export interface Session {
  readonly client: ClientBase
  /** The error to throw instead of the driver's; `committing` when it came out of COMMIT. */
  readonly translate: (error: unknown, committing: boolean) => unknown
  /** Looks at a statement before it is sent; throws to refuse it. */
  readonly inspect?: (sql: string) => void
}

export interface TransactionScript {
  /** BEGIN and its settings, sent as one message. */
  readonly begin: string
  /** Milliseconds after which a silent connection is given up; 0 is never. */
  readonly patience: number
}

/**
 * Settings that make values come back as the port says, whatever the database's defaults; and no compiling of plans,
 * which takes longer than the largest of our statements (the look at 10,000 tables) runs.
 */
const formats = "SET LOCAL datestyle = 'ISO'; SET LOCAL bytea_output = 'hex'; SET LOCAL jit = off"

/** Longer than a statement may take, so that the server's own answer comes first. */
const graceForAnswer = 15_000

/** What opens a transaction under these limits (milliseconds; 0 is none). */
export function beginScript(
  mode: string,
  limits: { lock: number; statement: number; idle: number; plansOnce?: boolean | undefined },
): TransactionScript {
  const lines = [
    `BEGIN ${mode}`,
    `SET LOCAL lock_timeout = ${limits.lock}`,
    `SET LOCAL statement_timeout = ${limits.statement}`,
    `SET LOCAL idle_in_transaction_session_timeout = ${limits.idle}`,
    formats,
    ...(limits.plansOnce === true ? ['SET LOCAL plan_cache_mode = force_generic_plan'] : []),
  ]
  return { begin: lines.join('; '), patience: limits.statement === 0 ? 0 : limits.statement + graceForAnswer }
}

/**
 * Runs `work` in one transaction. The handle is dead afterwards. A statement that failed inside, even when `work`
 * swallowed its error, means no commit: LS-3005.
 */
export async function runTransaction<T>(
  session: Session,
  script: TransactionScript,
  work: (q: Queryable) => Promise<T>,
): Promise<T> {
  const handle = createHandle(session, script.patience)
  await send(session, { text: script.begin }, script.patience)
  let result: T
  try {
    result = await work(handle.queryable)
  } catch (error) {
    handle.end()
    await rollback(session)
    throw error
  }
  handle.end()
  await commit(session, script.patience)
  return result
}

/** One statement outside any transaction, under `lockTimeout` milliseconds and no statement timeout. */
export async function runAutocommit(
  session: Session,
  sql: string,
  lockTimeout: number,
  settings: readonly string[],
): Promise<void> {
  session.inspect?.(sql)
  const set = [`SET lock_timeout = ${lockTimeout}`, ...settings.map((name) => `SET ${name} = 0`)].join('; ')
  await send(session, { text: set }, 0)
  try {
    await send(session, { text: sql }, 0)
  } finally {
    await send(session, { text: ['lock_timeout', ...settings].map((name) => `RESET ${name}`).join('; ') }, 0)
  }
}

function createHandle(session: Session, patience: number): { readonly queryable: Queryable; end(): void } {
  let ended = false
  const queryable: Queryable = {
    async query<Row extends object>(sql: string, params?: readonly unknown[]) {
      if (ended) throw new LockstepError('LS-9001', 'a statement was sent through the handle of a finished transaction')
      session.inspect?.(sql)
      const result = await send<Row>(session, configOf(sql, params), patience)
      return result.rows
    },
    async script(sql) {
      await queryable.query(sql)
    },
  }
  return {
    queryable,
    end() {
      ended = true
    },
  }
}

/** Statements from this length on are planned for longer than they run, so the server keeps their plan. */
const worthKeeping = 2_000

function configOf(sql: string, params: readonly unknown[] = []): QueryConfig {
  if (params.length === 0) return { text: sql }
  const named = sql.length < worthKeeping ? {} : { name: `lockstep_${md5(sql)}` }
  return { ...named, text: sql, values: [...params] }
}

async function send<Row extends object>(
  session: Session,
  config: QueryConfig,
  patience: number,
): Promise<QueryResult<Row>> {
  try {
    const timed = patience === 0 ? config : { ...config, query_timeout: patience }
    const result: QueryResult<Row> | QueryResult<Row>[] = await session.client.query<Row>(timed)
    return lastResult(result)
  } catch (error) {
    throw session.translate(error, false)
  }
}

function lastResult<Row extends object>(result: QueryResult<Row> | QueryResult<Row>[]): QueryResult<Row> {
  if (!Array.isArray(result)) return result
  const last = result.at(-1)
  if (last === undefined) throw new LockstepError('LS-9001', 'the server answered a statement with no result')
  return last
}

async function commit(session: Session, patience: number): Promise<void> {
  let command: string
  try {
    const timed = patience === 0 ? { text: 'COMMIT' } : { text: 'COMMIT', query_timeout: patience }
    command = (await session.client.query(timed)).command
  } catch (error) {
    throw session.translate(error, true)
  }
  if (command === 'COMMIT') return
  throw new LockstepError('LS-3005', 'the transaction was rolled back: a statement in it had failed', {
    hint: 'let the error of a failed statement end the transaction',
  })
}

async function rollback(session: Session): Promise<void> {
  try {
    await session.client.query({ text: 'ROLLBACK' })
  } catch {
    // The error of the work matters more; a connection that cannot roll back is closed by its owner, which rolls back.
  }
}
