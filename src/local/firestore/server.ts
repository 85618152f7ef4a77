import { setMaxListeners } from 'node:events'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import { LockstepError } from '../../kernel/errors.ts'
import { createDatabases } from './databases.ts'
import { loadIndexCheck } from './indexes.ts'
import { openJournal } from './journal.ts'
import { loadProtocol } from './protocol.ts'
import { createService } from './service.ts'
import { createTransactions } from './transactions.ts'

/** A Firestore server in this process; the official client finds it by FIRESTORE_EMULATOR_HOST. */
export interface FirestoreServer {
  /** 127.0.0.1:port */
  readonly host: string
  /** Ends open calls and gives the folder back. */
  close(): Promise<void>
  /** Removes every document of a project, or of all. */
  reset(project?: string): Promise<void>
}

export interface FirestoreServerOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number
  /** Where documents are kept; undefined keeps them in memory. */
  readonly folder?: string
  /** A firestore.indexes.json; queries that need an index it lacks are refused as in production. Undefined: none is. */
  readonly indexFile?: string
}

/** Above the request limit, so that a request too large is answered as production does and not by the transport. */
const transportBytes = 64 * 1024 * 1024
const patienceMillis = 2000

/**
 * Starts a server on 127.0.0.1. LS-1006 when the official client is absent, LS-2401 for a bad index file, LS-3006 when the folder is in use, LS-3008
 * when the port is taken or the folder damaged.
 */
export async function createFirestoreServer(options: FirestoreServerOptions = {}): Promise<FirestoreServer> {
  const protocol = loadProtocol()
  const databases = createDatabases()
  const transactions = createTransactions()
  const checkIndexes = options.indexFile === undefined ? () => undefined : loadIndexCheck(options.indexFile)
  const journal = options.folder === undefined ? undefined : openJournal(options.folder, databases, protocol)
  const server = new Server({
    'grpc.max_receive_message_length': transportBytes,
    'grpc.max_send_message_length': transportBytes,
  })
  const closing = new AbortController()
  setMaxListeners(0, closing.signal)
  const keep = journal?.keep ?? (() => undefined)
  server.addService(
    protocol.service,
    createService({ databases, transactions, protocol, keep, checkIndexes, closing: closing.signal }),
  )
  try {
    const port = await listen(server, options.port ?? 0)
    return {
      host: `127.0.0.1:${port}`,
      reset: async (project) => {
        databases.drop(project)
        transactions.drop(project)
        journal?.compact()
      },
      close: async () => {
        closing.abort()
        await shutDown(server)
        journal?.close()
      },
    }
  } catch (error) {
    journal?.close()
    throw error
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (cause, bound) => {
      if (!cause) return resolve(bound)
      reject(
        new LockstepError('LS-3008', `The local Firestore cannot listen on 127.0.0.1:${port}.`, {
          cause,
          hint: 'Choose another port.',
        }),
      )
    })
  })
}

/** Lets running calls finish for a while, then ends them. */
function shutDown(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.forceShutdown(), patienceMillis)
    server.tryShutdown(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
