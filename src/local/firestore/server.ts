import { setMaxListeners } from 'node:events'
import { Server } from '@grpc/grpc-js'
import { addAdminServices } from './admin-protocol.ts'
import { createAdmin } from './admin.ts'
import type { Gate } from './commit.ts'
import { createControl } from './control.ts'
import { openCreatedIndexes } from './created-indexes.ts'
import { createDatabases } from './databases.ts'
import type { Databases } from './databases.ts'
import { readExport, writeFirebaseExport } from './export-files.ts'
import { createFaults } from './faults.ts'
import type { FaultKind, FaultPlan } from './faults.ts'
import { loadIndexRules } from './indexes.ts'
import { openJournal } from './journal.ts'
import type { Journal } from './journal.ts'
import { loadProtocol } from './protocol.ts'
import { createRates } from './rates.ts'
import { createService } from './service.ts'
import { createTransactions } from './transactions.ts'
import type { Transactions } from './transactions.ts'
import { openTransport } from './transport.ts'
import type { Transport } from './transport.ts'

/** A Firestore server in this process; the official client finds it by FIRESTORE_EMULATOR_HOST. */
export interface FirestoreServer {
  /** 127.0.0.1:port */
  readonly host: string
  /** Ends open calls and gives the folder back. */
  close(): Promise<void>
  /** Removes every document of a project, or of all. */
  reset(project?: string): Promise<void>
  /**
   * Crashes: cuts every connection, forgets transactions, listeners and what was before, is away for so long (100 ms), and
   * serves its documents again on the same port; with a folder, as its log has them. POST on http://host/crash does the same.
   */
  crash(awayMillis?: number): Promise<void>
  /**
   * Takes in what `firebase emulators:export` or `gcloud firestore export` wrote into a folder, and answers how many documents that
   * were: into the database named (`projects/p/databases/d`), else into the one of the same name. LS-3015 where it cannot be.
   */
  importFrom(folder: string, into?: string): number
  /** Writes every document into a folder that `firebase emulators:start --import` takes; each database apart where there are several. */
  exportTo(folder: string): number
  /** Sets what goes wrong from now on, or ends it. PUT and DELETE on http://host/faults do the same. */
  setFaults(plan: FaultPlan | undefined): void
  /** How often each kind of fault came since. */
  faultCounts(): Readonly<Record<FaultKind, number>>
}

export interface FirestoreServerOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number
  /** Where documents are kept; undefined keeps them in memory. */
  readonly folder?: string
  /**
   * A firestore.indexes.json, followed while it changes; queries that need an index it lacks are refused as in production.
   * Undefined: none is.
   */
  readonly indexFile?: string
  /** How long an index that the admin API is asked for is CREATING; 500 ms. */
  readonly indexBuildMillis?: number
  /** Refuses writes that come faster than production takes them; see `createRates`. */
  readonly rates?: boolean
  /** What goes wrong from the first call on. */
  readonly faults?: FaultPlan
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
  const created = openCreatedIndexes(options.folder)
  const indexRules = loadIndexRules(options.indexFile, created.definitionsOf)
  const journal = options.folder === undefined ? undefined : openJournal(options.folder, databases, protocol)
  const server = new Server({
    'grpc.max_receive_message_length': transportBytes,
    'grpc.max_send_message_length': transportBytes,
  })
  const faults = createFaults()
  faults.set(options.faults)
  const closing = closingSignal()
  const unrated = { keep: journal?.keep ?? (() => undefined), ...indexRules, checkRates: () => undefined }
  const gate = options.rates === true ? { ...unrated, checkRates: createRates() } : unrated
  const state = createState({ databases, transactions, journal, gate: unrated })
  let transport: Transport | undefined
  const cut = (peer: string): void => transport?.reset(peer)
  const crash = async (awayMillis = 100): Promise<void> => {
    const away = transport?.goAway(awayMillis)
    state.lose()
    await away
  }
  const parts = { databases, transactions, protocol, ...gate, faults, cut, crash, closing: closing.signal }
  server.addService(protocol.service, createService(parts))
  addAdminServices(server, createAdmin({ ...options, ...indexRules, ...state, databases, created }))
  try {
    const opened = await openTransport(server, createControl({ faults, ...state, crash, databases }), options.port ?? 0)
    transport = opened
    return {
      host: `127.0.0.1:${opened.port}`,
      ...state,
      crash,
      setFaults: faults.set,
      faultCounts: faults.counts,
      close: async () => {
        closing.abort()
        transactions.drop()
        opened.stopListening()
        await shutDown(server)
        opened.close()
        journal?.close()
      },
    }
  } catch (error) {
    journal?.close()
    throw error
  }
}

interface Known {
  readonly databases: Databases
  readonly transactions: Transactions
  readonly journal: Journal | undefined
  readonly gate: Gate
}

function closingSignal(): AbortController {
  const closing = new AbortController()
  setMaxListeners(0, closing.signal)
  return closing
}

/** What is done to all that a server knows. */
function createState({ databases, transactions, journal, gate }: Known) {
  return {
    reset: async (project?: string): Promise<void> => {
      databases.drop(project)
      transactions.drop(project)
      journal?.compact()
    },
    importFrom: (folder: string, into?: string): number => {
      // What comes in asks nobody's leave, so nobody goes on with what was read before.
      transactions.drop()
      return readExport({ databases, gate, folder, into })
    },
    exportTo: (folder: string): number => writeFirebaseExport(databases, folder),
    /** Forgets everything that a process takes with it when it ends. */
    lose: (): void => {
      transactions.drop()
      if (journal) journal.restart()
      else databases.restart()
    },
  }
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
