import { Client, Pool } from 'pg'
import type { ClientConfig, PoolClient } from 'pg'
import { LockstepError, isLockstepError } from '../../kernel/errors.ts'
import type { TableTarget, TableWriter } from '../tables.ts'
import { connectionFailure, connectionLost, isConnectionError } from './connection-failure.ts'
import { parseConnectionUrl, renderAddress } from './connection-url.ts'
import type { PostgresAddress } from './connection-url.ts'
import { beginScript, runAutocommit, runTransaction } from './session.ts'
import type { Session } from './session.ts'
import { loadTableTarget } from './table-target.ts'
import { refusePoolerPort, refuseTransactionPooler } from './transaction-pooler.ts'

export interface PostgresTablesOptions {
  readonly url: string
  /** Shown in pg_stat_activity. Default `lockstep`. */
  readonly applicationName?: string
  /** Most connections open at once; more work waits its turn. Default 6. */
  readonly poolSize?: number
}

const connectTimeout = 15_000
const defaultLockTimeout = 500
const defaultStatementTimeout = 30_000
/** A transaction that holds locks while its client is silent. */
const idleLimit = 60_000
/** Reading takes longer, and blocks nobody but vacuum. */
const readLimits = { lock: 5_000, statement: 600_000, idle: 300_000 }

/**
 * Opens a Postgres database. Throws LS-3002 when it cannot be reached, LS-3003 behind a transaction pooler, LS-1007
 * for a bad URL. Errors of statements are the driver's, with SQLSTATE in `code`; a lost connection is LS-3002.
 */
export async function createPostgresTables(options: PostgresTablesOptions): Promise<TableWriter> {
  const address = parseConnectionUrl(options.url)
  refusePoolerPort(address)
  const config = clientConfig(address, options.applicationName ?? 'lockstep')
  const target = await examineServer(config, address)
  return createPooledTables(createConnections(config, address, options.poolSize ?? 6), target)
}

function createPooledTables(connections: Connections, target: TableTarget): TableWriter {
  const unlimited = ['statement_timeout', ...(target.serverVersion >= 170_000 ? ['transaction_timeout'] : [])]
  const lift = target.serverVersion >= 170_000 ? '; SET LOCAL transaction_timeout = 0' : ''
  const script = (mode: string, limits: Parameters<typeof beginScript>[1]) => {
    const plain = beginScript(mode, limits)
    return { ...plain, begin: plain.begin + lift }
  }
  return Object.freeze<TableWriter>({
    target,
    read: (work) =>
      connections.use((s) => runTransaction(s, script('ISOLATION LEVEL REPEATABLE READ READ ONLY', readLimits), work)),
    transaction: (work, limits = {}) => {
      const lock = limits.lockTimeout ?? defaultLockTimeout
      const statement = limits.statementTimeout ?? defaultStatementTimeout
      const { plansOnce } = limits
      return connections.use((s) =>
        runTransaction(s, script('', { lock, statement, idle: idleLimit, plansOnce }), work),
      )
    },
    autocommit: (sql, limits = {}) =>
      connections.use((s) => runAutocommit(s, sql, limits.lockTimeout ?? defaultLockTimeout, unlimited)),
    durable: () => Promise.resolve(),
    close: () => connections.close(),
  })
}

function clientConfig(address: PostgresAddress, applicationName: string): ClientConfig {
  return {
    host: address.host,
    port: address.port,
    database: address.database,
    user: address.user,
    password: address.password,
    ssl: address.ssl,
    options: address.options,
    application_name: applicationName,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  }
}

async function examineServer(config: ClientConfig, address: PostgresAddress): Promise<TableTarget> {
  const client = new Client({ ...config, connectionTimeoutMillis: connectTimeout })
  // Without a listener a connection that breaks while idle would end the process; the next statement reports it.
  client.on('error', () => undefined)
  try {
    await client.connect()
    const target = await loadTableTarget(client, address)
    if (target.engine === 'postgres') await refuseTransactionPooler(client, config, address)
    return target
  } catch (error) {
    throw isLockstepError(error) ? error : connectionFailure(error, address)
  } finally {
    await client.end()
  }
}

interface Connections {
  use<T>(work: (session: Session) => Promise<T>): Promise<T>
  close(): Promise<void>
}

function createConnections(config: ClientConfig, address: PostgresAddress, size: number): Connections {
  class TimedClient extends Client {
    // The pool's own timeout would also count the time spent waiting for a free connection.
    constructor() {
      super({ ...config, connectionTimeoutMillis: connectTimeout })
    }
  }
  const pool = new Pool({ max: size, Client: TimedClient, idleTimeoutMillis: 30_000 })
  // An idle connection that breaks is dropped by the pool; a busy one reports through its statement.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  const running = new Set<Promise<unknown>>()
  let closing: Promise<void> | undefined
  return {
    use(work) {
      if (closing !== undefined) return Promise.reject(closedError(address))
      const task = useOne(pool, address, work)
      running.add(task)
      const forget = (): void => void running.delete(task)
      task.then(forget, forget)
      return task
    },
    close: () => (closing ??= Promise.allSettled(running).then(() => pool.end())),
  }
}

async function useOne<T>(pool: Pool, address: PostgresAddress, work: (session: Session) => Promise<T>): Promise<T> {
  const client = await checkOut(pool, address)
  let broken = false
  const translate = (error: unknown, committing: boolean): unknown => {
    if (!isConnectionError(error)) return error
    broken = true
    return connectionLost(error, address, committing)
  }
  try {
    return await work({ client, translate })
  } finally {
    client.release(broken || client.getTransactionStatus() !== 'I')
  }
}

async function checkOut(pool: Pool, address: PostgresAddress): Promise<PoolClient> {
  try {
    return await pool.connect()
  } catch (error) {
    throw connectionFailure(error, address)
  }
}

function closedError(address: PostgresAddress): LockstepError {
  return new LockstepError('LS-3002', `the connection to ${renderAddress(address)} was closed before this use`)
}
