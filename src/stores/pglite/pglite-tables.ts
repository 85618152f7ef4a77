import type { PGlite } from '@electric-sql/pglite'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { LockstepError } from '../../kernel/errors.ts'
import { beginScript, runAutocommit, runTransaction } from '../postgres/session.ts'
import type { Session } from '../postgres/session.ts'
import { loadTableTarget } from '../postgres/table-target.ts'
import type { TableTarget, TableWriter } from '../tables.ts'
import { findCopy } from './copy-statement.ts'
import { lockFolder } from './folder-lock.ts'
import { createFolderFlusher } from './fsync-folder.ts'
import { createInProcessStream } from './in-process-stream.ts'
import { loadPglite } from './load-pglite.ts'

/** A folder (in memory when left out), or a PGlite that the caller started and will close. */
export type PgliteTablesOptions = { readonly folder?: string } | { readonly db: PGlite }

const defaultLockTimeout = 500
const defaultStatementTimeout = 30_000

/** A started PGlite and what it takes to make it durable and to let go of it. */
export interface PgliteStore {
  readonly db: PGlite
  /** Where it is kept, or `memory`. */
  readonly place: string
  durable(): Promise<void>
  close(): Promise<void>
}

/**
 * Opens PGlite in this process as the tables port, with `CREATE EXTENSION vector` available. Values, parameters and
 * errors are those of the `pg` driver, because it is the `pg` driver. One session: transactions wait for each other,
 * and PGlite ignores statement_timeout (and any other timeout): a long statement cannot be cut off and blocks the
 * process. LS-1006 when PGlite is not installed, LS-3006 when the folder is in use, LS-3008 when it cannot start.
 */
export async function createPgliteTables(options: PgliteTablesOptions): Promise<TableWriter> {
  const store = await openPgliteStore(options)
  try {
    const client = new Client({
      stream: () => createInProcessStream(store.db),
      ssl: false,
      user: 'postgres',
      password: '',
    })
    // Nothing breaks a connection inside the process but the end of PGlite, which the next statement reports.
    client.on('error', () => undefined)
    await client.connect()
    const target = await store.db._runExclusiveTransaction(() =>
      loadTableTarget(client, { host: store.place, port: undefined }),
    )
    return createSessionTables(store, client, target)
  } catch (error) {
    await store.close()
    throw error
  }
}

/** Starts PGlite under the lock of its folder, or takes over one that the caller started (closing leaves that open). */
export async function openPgliteStore(options: PgliteTablesOptions): Promise<PgliteStore> {
  if ('db' in options) return wrapStarted(options.db)
  if (options.folder === undefined) {
    const db = await loadPglite(undefined)
    return { db, place: 'memory', durable: () => Promise.resolve(), close: () => db.close() }
  }
  const lock = await lockFolder(options.folder)
  // A folder that PGlite itself made has its files at the top; ours keep room for the lock.
  const data = existsSync(join(lock.folder, 'PG_VERSION')) ? lock.folder : join(lock.folder, 'pgdata')
  try {
    const db = await loadPglite(data)
    const close = async (): Promise<void> => {
      await db.close()
      await lock.release()
    }
    return { db, place: lock.folder, durable: createBarrier(db, lock.folder), close }
  } catch (error) {
    await lock.release()
    throw error
  }
}

function wrapStarted(db: PGlite): PgliteStore {
  const folder = db.dataDir?.replace(/^file:\/\//, '')
  const kept = folder !== undefined && !folder.includes('://')
  return {
    db,
    place: kept ? folder : 'memory',
    durable: kept ? createBarrier(db, folder) : () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
}

/** CHECKPOINT puts everything into files; flushing them while nobody writes makes the set consistent after a power cut. */
function createBarrier(db: PGlite, folder: string): () => Promise<void> {
  const flusher = createFolderFlusher(folder)
  return async () => {
    await db.exec('CHECKPOINT')
    await db._runExclusiveTransaction(() => db.runExclusive(() => flusher.flush()))
  }
}

function createSessionTables(store: PgliteStore, client: Client, target: TableTarget): TableWriter {
  const session: Session = { client, translate: (error) => error, inspect: refuseCopy }
  let closing: Promise<void> | undefined
  const exclusive = <T>(work: () => Promise<T>): Promise<T> => {
    if (closing !== undefined) return Promise.reject(closedError(store.place))
    return store.db._runExclusiveTransaction(work)
  }
  const close = async (): Promise<void> => {
    await store.db._runExclusiveTransaction(() => client.end())
    await store.close()
  }
  const reading = beginScript('ISOLATION LEVEL REPEATABLE READ READ ONLY', {
    lock: defaultLockTimeout,
    statement: 0,
    idle: 0,
  })
  return Object.freeze<TableWriter>({
    target,
    read: (work) => exclusive(() => runTransaction(session, reading, work)),
    transaction: (work, limits = {}) => {
      const lock = limits.lockTimeout ?? defaultLockTimeout
      const script = beginScript('', { lock, statement: limits.statementTimeout ?? defaultStatementTimeout, idle: 0 })
      // The clock of a driver inside the process would run out because of the statement itself.
      return exclusive(() => runTransaction(session, { ...script, patience: 0 }, work))
    },
    autocommit: (sql, limits = {}) =>
      exclusive(() => runAutocommit(session, sql, limits.lockTimeout ?? defaultLockTimeout, ['statement_timeout'])),
    durable: () => (closing === undefined ? store.durable() : Promise.reject(closedError(store.place))),
    close: () => (closing ??= close()),
  })
}

function refuseCopy(sql: string): void {
  if (!findCopy(sql).fromStdin) return
  throw new LockstepError('LS-3005', 'COPY … FROM STDIN is not possible through this connection', {
    hint: 'insert the rows with INSERT … SELECT FROM unnest($1, $2)',
  })
}

function closedError(place: string): LockstepError {
  return new LockstepError('LS-3002', `PGlite (${place}) was closed before this use`)
}
