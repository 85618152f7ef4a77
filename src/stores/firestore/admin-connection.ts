import type { DocumentTarget } from '../documents.ts'
import type { RawAdminClient } from './admin-protocol.ts'
import { callOptions, databaseOf, within, type FirestoreOptions } from './connection.ts'
import { createClient, type ClientClasses } from './create-client.ts'
import { statusOf, storeError } from './failures.ts'
import { parseInstance, type InstanceSettings } from './instance.ts'
import { findRawAdminClass, loadRawAdminClass, loadRawClientClass } from './peer.ts'
import type { CallOptions } from './protocol.ts'
import { isObject, isRawClient } from './shapes.ts'

/** A client of the admin API with what each call needs. */
export interface AdminConnection {
  readonly client: RawAdminClient
  readonly target: DocumentTarget
  /** `projects/p/databases/d` */
  readonly database: string
  readonly call: CallOptions
}

/**
 * Signs in as the documents' connection does. Undefined where the store has no admin API (it answers UNIMPLEMENTED), or
 * where the app gave a bare client of the other protocol, which leads to no credentials.
 */
export async function openAdminConnection(
  options: FirestoreOptions,
  target: DocumentTarget,
): Promise<AdminConnection | undefined> {
  if (isRawClient(options.client)) return undefined
  const instance = options.client === undefined ? undefined : parseInstance(options.client)
  const client = createClient(await classesOf(options, instance), target, {
    ...instance?.options,
    ...(options.keyFile === undefined ? {} : { keyFilename: options.keyFile }),
  })
  const connection = {
    client,
    target,
    database: databaseOf(target),
    call: callOptions(target, instance?.headers ?? {}),
  }
  try {
    await within(client.initialize(), 15_000)
    if (await answers(connection)) return connection
  } catch (error) {
    await client.close()
    throw storeError(error, target, 'signing in to the admin API')
  }
  await client.close()
  return undefined
}

async function classesOf(
  { client, resolveFrom = process.cwd() }: FirestoreOptions,
  instance: InstanceSettings | undefined,
): Promise<ClientClasses<RawAdminClient>> {
  const own = isObject(client) ? findRawAdminClass(client.constructor) : undefined
  const documents = instance?.rawClientClass
  if (own !== undefined && documents !== undefined) return { client: own, documents }
  return { client: await loadRawAdminClass(resolveFrom), documents: await loadRawClientClass(resolveFrom) }
}

const unimplemented = 12

async function answers({ client, database, call }: AdminConnection): Promise<boolean> {
  const request = { parent: `${database}/collectionGroups/-`, pageSize: 1 }
  try {
    await within(client.listIndexes(request, { ...call, autoPaginate: false }), 16_000)
    return true
  } catch (error) {
    if (statusOf(error).code === unimplemented) return false
    throw error
  }
}
