import { compareIds } from '../document-names.ts'
import type { DocumentWriter } from '../documents.ts'
import { openConnection, type Connection, type FirestoreOptions } from './connection.ts'
import { countDocuments } from './count.ts'
import { storeError } from './failures.ts'
import { getDocuments } from './get.ts'
import { partitionScope } from './partition.ts'
import { retryRead } from './retry.ts'
import { scanDocuments } from './scan.ts'
import { commitDocuments, writeDocuments } from './write.ts'

/**
 * The document port on Firestore, or on an emulator, through the user's own @google-cloud/firestore. Resolves when
 * the server has answered. LS-1006 without the driver, LS-3001 without a server, LS-3004 without permission.
 */
export async function createFirestoreDocuments(options: FirestoreOptions): Promise<DocumentWriter> {
  const connection = await openConnection(options)
  return Object.freeze<DocumentWriter>({
    target: connection.target,
    get: (names, fields) => getDocuments(connection, names, fields),
    scan: (scope, range, scanOptions = {}) => scanDocuments(connection, { scope, range, options: scanOptions }),
    partition: (scope, count) => partitionScope(connection, scope, count),
    count: (scope, having) => countDocuments(connection, scope, having),
    collectionIds: (parent) => listCollections(connection, parent),
    write: (writes) => writeDocuments(connection, writes),
    commit: (writes) => commitDocuments(connection, writes),
    close: () => connection.close(),
  })
}

async function listCollections(connection: Connection, parent: string): Promise<readonly string[]> {
  const { client, root, call, target } = connection
  const request = { parent: parent === '' ? root : `${root}/${parent}` }
  try {
    const [ids] = await retryRead(() => client.listCollectionIds(request, call))
    return ids.toSorted(compareIds)
  } catch (error) {
    throw storeError(error, target, 'listing collections')
  }
}
