import { resolve } from 'node:path'
import { resolveText } from './config.ts'
import type { ChosenEnvironment, EnvironmentConfig } from './config.ts'
import { LockstepError } from './kernel/errors.ts'
import type { Target } from './plan/plan.ts'
import type { DocumentWriter } from './stores/documents.ts'
import { createFirestoreDocuments } from './stores/firestore/firestore-documents.ts'
import { createFirestoreIndexes } from './stores/firestore/firestore-indexes.ts'
import { locateIndexFile } from './stores/firestore/index-file.ts'
import { parseInstance } from './stores/firestore/instance.ts'
import { isRawClient } from './stores/firestore/shapes.ts'
import type { IndexWriter } from './stores/indexes.ts'
import { createPgliteTables } from './stores/pglite/pglite-tables.ts'
import { createPostgresTables } from './stores/postgres/postgres-tables.ts'
import type { TableWriter } from './stores/tables.ts'

export interface Stores {
  readonly documents: DocumentWriter
  readonly tables: TableWriter
  readonly indexes: IndexWriter
  readonly target: Target
  close(): Promise<void>
}

export interface OpenOptions {
  readonly environment: ChosenEnvironment
  readonly root: string
  /** The setting of the whole project. */
  readonly firestoreIndexes: string | undefined
  readonly env: NodeJS.ProcessEnv
}

/** Where an environment points, before anything is opened. Throws LS-1005 where environment and target disagree. */
function checkEnvironment({ environment, env }: OpenOptions): {
  readonly emulator: string | undefined
  readonly url: string | undefined
} {
  const { name, settings } = environment
  const emulator =
    settings.firestore.emulatorHost ??
    (env['FIRESTORE_EMULATOR_HOST'] === '' ? undefined : env['FIRESTORE_EMULATOR_HOST'])
  const url =
    'url' in settings.postgres
      ? resolveText(settings.postgres.url, env, `environments.${name}.postgres.url`)
      : undefined
  const problem = disagreement(settings, emulator ?? emulatorOf(settings.firestore.client), url)
  if (problem === undefined) return { emulator, url }
  throw new LockstepError('LS-1005', `environment "${name}" is ${settings.kind}, but ${problem.what}`, {
    where: { name: `environments.${name}` },
    why: 'a command meant for one place must never reach another; nothing was opened',
    hint: problem.hint,
  })
}

function disagreement(
  settings: EnvironmentConfig,
  emulator: string | undefined,
  url: string | undefined,
): { readonly what: string; readonly hint: string } | undefined {
  if (settings.kind === 'production' && emulator !== undefined) {
    return { what: `an emulator is set (${emulator})`, hint: 'unset FIRESTORE_EMULATOR_HOST, or choose another --env' }
  }
  if (settings.kind !== 'local') return undefined
  if (emulator === undefined) {
    return {
      what: 'no emulator is set, so Firestore would be the real one',
      hint: 'start lockstep local and export what it prints',
    }
  }
  if (emulator !== undefined && !isLoopback(hostOf(`tcp://${emulator}`)))
    return { what: `the emulator is on ${emulator}`, hint: 'use one on this machine, or make the environment staging' }
  if (url !== undefined && !isLoopback(hostOf(url)))
    return { what: `Postgres is on ${hostOf(url)}`, hint: 'use one on this machine, or make the environment staging' }
  return undefined
}

/** Where the app's own client points, if that is an emulator; a bare client of the protocol does not say. */
function emulatorOf(client: unknown): string | undefined {
  return client === undefined || isRawClient(client) ? undefined : parseInstance(client).emulator
}

function hostOf(url: string): string {
  try {
    const parsed = new URL(url)
    return parsed.hostname === '' ? (parsed.searchParams.get('host') ?? '') : parsed.hostname.replace(/^\[|\]$/g, '')
  } catch (cause) {
    throw new LockstepError('LS-1003', 'the Postgres URL cannot be read', {
      where: { name: 'postgres.url' },
      hint: 'write postgres://user:password@host:5432/database',
      cause,
    })
  }
}

/** Loopback names and addresses, and Unix sockets. */
function isLoopback(host: string): boolean {
  return host === '' || host === 'localhost' || host === '::1' || host.startsWith('127.') || host.startsWith('/')
}

/** Opens both stores; what was opened is closed again when the other cannot be. */
export async function openStores(options: OpenOptions): Promise<Stores> {
  const { emulator, url } = checkEnvironment(options)
  const { environment, root, env } = options
  const { postgres, firestore } = environment.settings
  const tables =
    url !== undefined
      ? await createPostgresTables({ url, applicationName: 'lockstep' })
      : await createPgliteTables({ folder: resolve(root, 'pglite' in postgres ? postgres.pglite : '') })
  try {
    const firestoreOptions = {
      projectId: firestore.projectId,
      resolveFrom: root,
      ...(firestore.databaseId === undefined ? {} : { databaseId: firestore.databaseId }),
      ...(emulator === undefined ? {} : { emulatorHost: emulator }),
      ...(firestore.client === undefined ? {} : { client: firestore.client }),
      ...(firestore.keyFile === undefined ? {} : { keyFile: resolveText(firestore.keyFile, env, 'firestore.keyFile') }),
    }
    const documents = await createFirestoreDocuments(firestoreOptions)
    const indexes = createFirestoreIndexes({
      ...firestoreOptions,
      target: documents.target,
      root,
      file: locateIndexFile({ root, setting: options.firestoreIndexes, database: documents.target.database }),
      create: firestore.createIndexes ?? false,
    })
    const close = async (): Promise<void> => {
      await Promise.all([documents.close(), tables.close(), indexes.close()])
    }
    return { documents, tables, indexes, target: targetOf(environment, documents, tables), close }
  } catch (error) {
    await tables.close()
    throw error
  }
}

function targetOf(environment: ChosenEnvironment, documents: DocumentWriter, tables: TableWriter): Target {
  const { project, database, emulator } = documents.target
  const { host, port, database: name, user, engine, serverVersion, fingerprint } = tables.target
  return {
    environment: environment.name,
    kind: environment.settings.kind,
    firestore: { project, database, emulator: emulator ?? null },
    postgres: { host, port: port ?? null, database: name, user, engine, version: serverVersion, fingerprint },
  }
}
