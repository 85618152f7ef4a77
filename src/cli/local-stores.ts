import { resolve } from 'node:path'
import { LockstepError } from '../kernel/errors.ts'

export interface LocalOptions {
  readonly only: 'firestore' | 'postgres' | undefined
  readonly firestorePort: number
  readonly postgresPort: number
  /** Undefined keeps everything in memory. */
  readonly folder: string | undefined
}

export interface LocalStores {
  /** The variables by which apps and Lockstep find the stores. */
  readonly variables: Readonly<Record<string, string>>
  close(): Promise<void>
}

/** Starts the embedded stores; when one cannot start, the other is closed again. */
export async function startLocalStores({
  only,
  firestorePort,
  postgresPort,
  folder,
}: LocalOptions): Promise<LocalStores> {
  const starting = [
    only === 'postgres'
      ? undefined
      : startFirestore(firestorePort, folder === undefined ? undefined : resolve(folder, 'firestore')),
    only === 'firestore'
      ? undefined
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
  return { variables: Object.fromEntries(started.flatMap(({ variables }) => Object.entries(variables))), close }
}

async function startFirestore(port: number, folder: string | undefined): Promise<LocalStores> {
  const { createFirestoreServer } = await import('../local/firestore/server.ts')
  const server = await createFirestoreServer({ port, ...(folder === undefined ? {} : { folder }) })
  return { variables: { FIRESTORE_EMULATOR_HOST: server.host }, close: () => server.close() }
}

async function startPostgres(port: number, folder: string | undefined): Promise<LocalStores> {
  const { createPostgresServer } = await import('../local/postgres/server.ts')
  const server = await createPostgresServer({ port, ...(folder === undefined ? {} : { folder }) })
  return { variables: { DATABASE_URL: server.url }, close: () => server.close() }
}
