import { existsSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, normalize } from 'node:path'
import { status } from '@grpc/grpc-js'
import { isLockstepError } from '../../kernel/errors.ts'
import { createIndexHandlers } from './admin-indexes.ts'
import { createOperations } from './admin-operations.ts'
import type { Operations } from './admin-operations.ts'
import type { AdminHandlers, AdminServices, Message } from './admin-protocol.ts'
import type { CreatedIndexes } from './created-indexes.ts'
import type { Databases } from './databases.ts'
import { writeExport } from './export-files.ts'
import { historyMillis } from './history.ts'
import type { Definitions } from './indexes.ts'
import { invalid, refusal } from './status.ts'

/** What the admin API stands on. */
export interface AdminParts {
  readonly databases: Databases
  readonly created: CreatedIndexes
  /** The index file; without one no index is demanded, and there are none to manage. */
  readonly deployed: (() => Definitions) | undefined
  /** How long an index is CREATING. */
  readonly indexBuildMillis?: number
  /** Where `gs://` is; undefined where there is no data folder. */
  readonly folder?: string
  readonly importFrom: (folder: string, into: string) => number
}

const admin = 'google.firestore.admin.v1'

/** The methods of FirestoreAdmin and of Operations that this server has. */
export function createAdmin(parts: AdminParts): AdminServices {
  const operations = createOperations()
  const { databases, deployed, indexBuildMillis: buildMillis = 500 } = parts
  const handlers: AdminHandlers = {
    ...(deployed && createIndexHandlers({ ...parts, deployed, operations, buildMillis })),
    ...transferHandlers(parts, operations),
    GetDatabase: ({ name }) => databaseOf(databases.of(String(name)).name),
    ListDatabases: ({ parent }) => {
      const names = [...databases.all()].map(({ name }) => name)
      const all = new Set([`${String(parent)}/databases/(default)`, ...names])
      return { databases: [...all].filter((name) => name.startsWith(`${String(parent)}/databases/`)).map(databaseOf) }
    },
  }
  return { [`${admin}.FirestoreAdmin`]: handlers, 'google.longrunning.Operations': operations.handlers }
}

const databaseOf = (name: string): Message => ({
  name,
  type: 'FIRESTORE_NATIVE',
  concurrencyMode: 'PESSIMISTIC',
  databaseEdition: 'STANDARD',
  versionRetentionPeriod: { seconds: historyMillis / 1000 },
  pointInTimeRecoveryEnablement: 'POINT_IN_TIME_RECOVERY_DISABLED',
  deleteProtectionState: 'DELETE_PROTECTION_DISABLED',
})

/** Both are done when they are answered. */
function transferHandlers({ databases, folder, importFrom }: AdminParts, operations: Operations): AdminHandlers {
  const done = (database: string, documents: number, [kind, place]: readonly [string, Message], response: Message) => {
    const now = Date.now()
    const type = kind === 'Export' ? `${admin}.ExportDocumentsResponse` : 'google.protobuf.Empty'
    const metadata = { type: `${admin}.${kind}DocumentsMetadata`, value: place }
    return operations.begin({
      database,
      metadata,
      documents,
      began: now,
      ends: now,
      response: () => ({ type, value: response }),
    })
  }
  return {
    ExportDocuments: (request) => {
      const database = databases.of(String(request['name']))
      const outputUriPrefix = withName(String(request['outputUriPrefix']))
      refuseParts(request)
      const place = placeOf(outputUriPrefix, folder)
      if (existsSync(place)) throw refusal(status.ALREADY_EXISTS, `Path already exists: ${outputUriPrefix}`)
      const documents = writeExport(database, dirname(place), basename(place))
      return done(database.name, documents, ['Export', { outputUriPrefix }], { outputUriPrefix })
    },
    ImportDocuments: (request) => {
      const database = databases.of(String(request['name']))
      const inputUriPrefix = String(request['inputUriPrefix'])
      refuseParts(request)
      const documents = readFrom(() => importFrom(placeOf(inputUriPrefix, folder), database.name))
      return done(database.name, documents, ['Import', { inputUriPrefix }], {})
    },
  }
}

/** A bucket alone gets an export of a name of its own. */
const withName = (uri: string): string =>
  /^gs:\/\/[^/]+\/?$/.test(uri) ? `${uri.replace(/\/$/, '')}/${new Date().toISOString()}` : uri.replace(/\/$/, '')

function refuseParts(request: Message): void {
  for (const part of ['collectionIds', 'namespaceIds', 'snapshotTime']) {
    const given = request[part]
    if (Array.isArray(given) ? given.length > 0 : given)
      throw refusal(
        status.UNIMPLEMENTED,
        `This server exports and imports whole databases as they are, without ${part}.`,
      )
  }
}

/** `gs://bucket/path` is below `buckets` in the data folder; an absolute path of a folder is itself. */
function placeOf(uri: string, folder: string | undefined): string {
  if (isAbsolute(uri)) return normalize(uri)
  const [, path] = /^gs:\/\/(.+)$/.exec(uri) ?? []
  if (path === undefined) throw invalid(`"${uri}" is neither gs://bucket/path nor the path of a folder.`)
  if (path.split('/').some((part) => part === '' || part === '.' || part === '..'))
    throw invalid(`"${uri}" is no path.`)
  if (folder === undefined)
    throw refusal(
      status.FAILED_PRECONDITION,
      'A server without a data folder has no buckets; name the path of a folder.',
    )
  return join(folder, 'buckets', path)
}

function readFrom(read: () => number): number {
  try {
    return read()
  } catch (error) {
    if (isLockstepError(error)) throw invalid(error.message)
    throw error
  }
}
