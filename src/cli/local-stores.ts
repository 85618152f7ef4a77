import { resolve } from 'node:path'
import { LockstepError } from '../kernel/errors.ts'
import type { FirestoreServer } from '../local/firestore/server.ts'

export interface LocalOptions {
  readonly only: 'firestore' | 'postgres' | undefined
  readonly firestorePort: number
  readonly postgresPort: number
  /** PGlite in this process, or the PostgreSQL of this machine. */
  readonly postgres: 'embedded' | 'system'
  /** Undefined keeps everything in memory. */
  readonly folder: string | undefined
  /** The index definitions that Firestore's queries are held to; undefined holds them to none. */
  readonly indexFile: string | undefined
  /** Whether writes are throttled as in production. */
  readonly rates: boolean
}

export interface LocalStores {
  /** The variables by which apps and Lockstep find the stores. */
  readonly variables: Readonly<Record<string, string>>
  /** What serves, where that is worth a word. */
  readonly note?: string
  /** The Firestore server, where there is one. */
  readonly firestore?: Pick<FirestoreServer, 'importFrom' | 'exportTo'>
  close(): Promise<void>
}

/** Starts the embedded stores; when one cannot start, the other is closed again. */
export async function startLocalStores(options: LocalOptions): Promise<LocalStores> {
  const { only, postgresPort, postgres, folder } = options
  const starting = [
    only === 'postgres' ? undefined : startFirestore(options),
    only === 'firestore'
      ? undefined
      : postgres === 'system'
        ? startSystemPostgres(postgresPort, folder === undefined ? undefined : resolve(folder, 'postgres-system'))
        : startPostgres(postgresPort, folder === undefined ? undefined : resolve(folder, 'postgres')),
  ].filter((store) => store !== undefined)
  const settled = await Promise.allSettled(starting)
  const started = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const close = async (): Promise<void> => {
    await Promise.all(started.map((store) => store.close()))
  }
  const failed = settled.find((result) => result.status === 'rejected')
  if (failed !== undefined) {
    await close()
    throw failed.reason instanceof Error ? failed.reason : new LockstepError('LS-3008', String(failed.reason))
  }
  const variables = Object.fromEntries(started.flatMap((store) => Object.entries(store.variables)))
  const note = started.find((store) => store.note !== undefined)?.note
  const firestore = started.find((store) => store.firestore !== undefined)?.firestore
  return {
    variables,
    close,
    ...(note === undefined ? {} : { note }),
    ...(firestore === undefined ? {} : { firestore }),
  }
}

async function startFirestore(options: LocalOptions): Promise<LocalStores> {
  const { folder, indexFile, rates } = options
  const { createFirestoreServer } = await import('../local/firestore/server.ts')
  const server = await createFirestoreServer({
    port: options.firestorePort,
    rates,
    ...(folder === undefined ? {} : { folder: resolve(folder, 'firestore') }),
    ...(indexFile === undefined ? {} : { indexFile }),
  })
  const variables = { FIRESTORE_EMULATOR_HOST: server.host }
  return { variables, firestore: server, close: () => server.close() }
}

async function startPostgres(port: number, folder: string | undefined): Promise<LocalStores> {
  const { createPostgresServer } = await import('../local/postgres/server.ts')
  const server = await createPostgresServer({ port, ...(folder === undefined ? {} : { folder }) })
  return { variables: { DATABASE_URL: server.url }, close: () => server.close() }
}

async function startSystemPostgres(port: number, folder: string | undefined): Promise<LocalStores> {
  const { createSystemPostgres } = await import('../local/postgres/system-server.ts')
  const server = await createSystemPostgres({ port, ...(folder === undefined ? {} : { folder }) })
  const note = `PostgreSQL ${server.version} ${server.vector ? 'with' : 'without'} pgvector`
  return { variables: { DATABASE_URL: server.url }, note, close: () => server.close() }
}
