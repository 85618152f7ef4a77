import type { PGlite } from '@electric-sql/pglite'
import { createServer } from 'node:net'
import type { Server } from 'node:net'
import { LockstepError } from '../../kernel/errors.ts'
import { openPgliteStore } from '../../stores/pglite/pglite-tables.ts'
import type { PgliteStore } from '../../stores/pglite/pglite-tables.ts'
import { createClientConnection } from './client-connection.ts'
import type { ClientConnection } from './client-connection.ts'
import { createEngine } from './engine.ts'
import type { Engine } from './engine.ts'
import { loadBaseline } from './session-state.ts'
import type { Baseline } from './session-state.ts'

export interface PostgresServerOptions {
  /** Port of 127.0.0.1; 0, the default, takes a free one. */
  readonly port?: number
  /** Where the data is kept; in memory when left out. Ignored when `db` is given. */
  readonly folder?: string
  /** A PGlite that is running already; closing the server leaves it open. */
  readonly db?: PGlite
  /** Milliseconds a client may hold the session without using it, while others wait. Default 30,000. */
  readonly idleLimit?: number
}

export interface PostgresServer {
  readonly url: string
  /** The PGlite behind the socket: code in this process may use it meanwhile, and takes its turn with the clients. */
  readonly db: PGlite
  /** Ends all clients, rolls their transactions back, and closes PGlite unless the caller brought it. */
  close(): Promise<void>
}

/**
 * PGlite with pgvector on a socket of 127.0.0.1, without password or TLS, for `psql`, drivers and ORMs. PGlite has one
 * session; clients get it in turn, transaction by transaction, and find it as they left it:
 *
 * - Kept for each client: settings made by SET, by `set_config` in its own text, and at login; prepared statements of
 *   the protocol. Settings that a function of the database makes by itself, and those of an application's own whose
 *   name is a parameter, may be lost but never leak; so may `currval`.
 * - Held until the client lets go of it, others waiting: transactions, session-level advisory locks, temporary tables,
 *   cursors WITH HOLD, PREPARE in SQL. Who holds something idle for longer than `idleLimit` while others wait is
 *   ended with SQLSTATE 25P03.
 * - Refused with 0A000: LISTEN, COPY FROM STDIN as one of several statements or prepared. Cancel requests have no
 *   effect: PGlite runs a statement to its end. A database of another name: 3D000.
 *
 * Settings that code in this process makes for the session are undone when a client has used it.
 *
 * Throws LS-3008 when the port is taken, and what opening a PGlite folder throws.
 */
export async function createPostgresServer(options: PostgresServerOptions = {}): Promise<PostgresServer> {
  const store = await openStore(options)
  const engine = createEngine(store.db)
  const clients = new Set<ClientConnection>()
  try {
    const baseline = await askBaseline(engine)
    const server = createServer(acceptor(clients, { engine, baseline, idleLimit: options.idleLimit ?? 30_000 }))
    const port = await listen(server, options.port ?? 0)
    const close = async (): Promise<void> => {
      const closed = new Promise((resolve) => server.close(resolve))
      const reason = { severity: 'FATAL', code: '57P01', message: 'the local server is closing' } as const
      await Promise.all([...clients].map((client) => client.end(reason)))
      await closed
      await restoreSession(engine, baseline)
      engine.detach()
      await store.close()
    }
    let closing: Promise<void> | undefined
    const url = `postgres://postgres@127.0.0.1:${port}/${encodeURIComponent(baseline.database)}`
    return Object.freeze({ url, db: store.db, close: () => (closing ??= close()) })
  } catch (error) {
    engine.detach()
    await store.close()
    throw error
  }
}

function openStore({ db, folder }: PostgresServerOptions): Promise<PgliteStore> {
  if (db !== undefined) return openPgliteStore({ db })
  return openPgliteStore(folder === undefined ? {} : { folder })
}

const nobody = { leave: () => Promise.resolve() }

async function askBaseline(engine: Engine): Promise<Baseline> {
  const release = await engine.acquire(nobody)
  try {
    return await loadBaseline(engine)
  } finally {
    release()
  }
}

/** Taking a turn makes the last client leave the session clean. */
async function restoreSession(engine: Engine, baseline: Baseline): Promise<void> {
  const release = await engine.acquire(nobody)
  try {
    await engine.ask(baseline.reset)
  } finally {
    release()
  }
}

function acceptor(
  clients: Set<ClientConnection>,
  shared: { readonly engine: Engine; readonly baseline: Baseline; readonly idleLimit: number },
) {
  let served = 0
  return (socket: Parameters<typeof createClientConnection>[0]): void => {
    served += 1
    const client = createClientConnection(socket, { ...shared, id: served })
    clients.add(client)
    void client.gone.then(() => clients.delete(client))
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'the port is in use' : cause.message
      reject(
        new LockstepError('LS-3008', `the local Postgres cannot listen on 127.0.0.1:${port}: ${why}`, {
          hint: 'choose another port',
          cause,
        }),
      )
    })
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}
