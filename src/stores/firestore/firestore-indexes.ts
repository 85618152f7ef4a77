import { LockstepError } from '../../kernel/errors.ts'
import type { DocumentTarget } from '../documents.ts'
import type { BuildProgress, CompositeIndex, FieldIndex, IndexWriter, StoredField, StoredIndex } from '../indexes.ts'
import { openAdminConnection, type AdminConnection } from './admin-connection.ts'
import type { FirestoreOptions } from './connection.ts'
import { isFateUnknown, statusOf, storeError } from './failures.ts'
import { decodeField, decodeIndex, encodeFieldIndex, encodeIndex } from './index-codec.ts'
import { printIndexFile, readIndexFile, writeIndexFile } from './index-file.ts'
import { retryRead } from './retry.ts'

export interface FirestoreIndexesOptions extends FirestoreOptions {
  /** Where the documents' connection points. */
  readonly target: DocumentTarget
  /** The folder of the configuration, and the file of index definitions. Absolute. */
  readonly root: string
  readonly file: string
  readonly create: boolean
}

/** The index port on a project's file and on Firestore's admin API, which is spoken to only when first needed. */
export function createFirestoreIndexes(options: FirestoreIndexesOptions): IndexWriter {
  const { root, file, target } = options
  let opened: Promise<AdminConnection | undefined> | undefined
  const admin = async (): Promise<AdminConnection | undefined> => {
    opened ??= openAdminConnection(options, target)
    try {
      return await opened
    } catch (error) {
      opened = undefined
      throw error
    }
  }
  const managed = async (): Promise<AdminConnection> => {
    const connection = await admin()
    if (connection !== undefined) return connection
    throw new LockstepError('LS-9001', 'a store without an admin API was asked for its indexes')
  }
  return Object.freeze<IndexWriter>({
    file: printIndexFile(root, file),
    create: options.create,
    readFile: () => readIndexFile(file),
    writeFile: (text, was) => writeIndexFile(file, text, was),
    managed: async () => (await admin()) !== undefined,
    list: async (group) => listIndexes(await managed(), group),
    field: async (group, path) => readField(await managed(), group, path),
    progress: async (name) => readProgress(await managed(), name),
    createIndex: async (index) => createIndex(await managed(), index),
    deleteIndex: async (name) => deleteIndex(await managed(), name),
    setField: async (group, path, indexes) => setField(await managed(), { group, path, indexes }),
    close: async () => (await opened)?.client.close(),
  })
}

const code = { notFound: 5, exists: 6, denied: 7, precondition: 9, unimplemented: 12 } as const

async function listIndexes({ client, database, call, target }: AdminConnection, group: string) {
  try {
    const request = { parent: `${database}/collectionGroups/${group}` }
    const [found] = await retryRead(() => client.listIndexes(request, call))
    return found.map((raw) => decodeIndex(raw, group)).filter((index): index is StoredIndex => index !== undefined)
  } catch (error) {
    throw adminError(error, target, `listing the indexes of ${group}`)
  }
}

function fieldName(database: string, group: string, path: string): string {
  return `${database}/collectionGroups/${group}/fields/${path}`
}

async function readField(
  { client, database, call, target }: AdminConnection,
  group: string,
  path: string,
): Promise<StoredField> {
  const name = fieldName(database, group, path)
  try {
    const [raw] = await retryRead(() => client.getField({ name }, call))
    return decodeField(raw, name)
  } catch (error) {
    throw adminError(error, target, `reading the indexes of field ${path} of ${group}`)
  }
}

/** Of all operations of the database that are not done, those on this name; each is decoded by the driver. */
async function readProgress(
  { client, database, call, target }: AdminConnection,
  name: string,
): Promise<BuildProgress | undefined> {
  try {
    const request = { name: database, filter: 'done=false' }
    const [listed] = await retryRead(() => client.operationsClient.listOperations(request, call))
    let done = 0
    let expected = 0
    for (const { name: operation, metadata } of listed.filter((each) => !each.done)) {
      const found = await progressOf(client, operation, metadata?.type_url ?? '')
      if (found === undefined || ![found.index, found.field].includes(name)) continue
      done += Number(found.progressDocuments?.completedWork ?? 0)
      expected += Number(found.progressDocuments?.estimatedWork ?? 0)
    }
    return expected === 0 ? undefined : { done, expected }
  } catch (error) {
    // Whoever may create indexes need not be allowed to list operations: the state of the index is enough to go on.
    const status = statusOf(error).code
    if (status === code.denied || status === code.unimplemented) return undefined
    throw adminError(error, target, 'reading how far the index is')
  }
}

type Metadata = NonNullable<Awaited<ReturnType<AdminConnection['client']['checkCreateIndexProgress']>>['metadata']>

async function progressOf(
  client: AdminConnection['client'],
  operation: string,
  type: string,
): Promise<Metadata | undefined> {
  const kind = type.split('.').at(-1)
  if (kind === 'IndexOperationMetadata') return (await client.checkCreateIndexProgress(operation)).metadata ?? undefined
  if (kind === 'FieldOperationMetadata') return (await client.checkUpdateFieldProgress(operation)).metadata ?? undefined
  return undefined
}

async function createIndex(
  { client, database, call, target }: AdminConnection,
  index: CompositeIndex,
): Promise<boolean> {
  try {
    await client.createIndex({ parent: `${database}/collectionGroups/${index.group}`, index: encodeIndex(index) }, call)
    return true
  } catch (error) {
    if (statusOf(error).code === code.exists) return false
    throw adminError(error, target, `creating an index of ${index.group}`)
  }
}

async function deleteIndex({ client, call, target }: AdminConnection, name: string): Promise<boolean> {
  try {
    await client.deleteIndex({ name }, call)
    return true
  } catch (error) {
    const status = statusOf(error).code
    if (status === code.notFound) return true
    if (status === code.precondition) return false
    throw adminError(error, target, `deleting index ${name}`)
  }
}

interface FieldSetting {
  readonly group: string
  readonly path: string
  readonly indexes: readonly FieldIndex[] | undefined
}

async function setField(
  { client, database, call, target }: AdminConnection,
  { group, path, indexes }: FieldSetting,
): Promise<void> {
  const name = fieldName(database, group, path)
  const indexConfig = indexes && { indexes: indexes.map((index) => encodeFieldIndex(index, path)) }
  const field = indexConfig === undefined ? { name } : { name, indexConfig }
  try {
    await client.updateField({ field, updateMask: { paths: ['index_config'] } }, call)
  } catch (error) {
    throw adminError(error, target, `setting the indexes of field ${path} of ${group}`)
  }
}

/** As every failed call, but the right to manage indexes is one of its own, and a call that broke may have been carried out. */
function adminError(error: unknown, target: DocumentTarget, doing: string): LockstepError {
  const found = storeError(error, target, doing)
  const details = {
    ...(found.why === undefined ? {} : { why: found.why }),
    ...(found.where === undefined ? {} : { where: found.where }),
    cause: error,
  }
  const { code: status } = statusOf(error)
  if (isFateUnknown(status)) {
    const hint = found.hint ?? 'run the command again: it looks first at what there is'
    return new LockstepError('LS-3001', found.message, { ...details, hint })
  }
  if (status !== code.denied) return found
  const hint = `give the account the role roles/datastore.indexAdmin in project '${target.project}'`
  return new LockstepError('LS-3004', found.message, { ...details, hint })
}
