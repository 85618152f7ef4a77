// @ts-check
import { createRequire } from 'node:module'
import sdk from '@google-cloud/firestore'

/** @typedef {{ host: string, project: string, collection: string, count: number }} DocumentsTask */
/** @typedef {NonNullable<NonNullable<Parameters<InstanceType<typeof v1.FirestoreClient>['batchWrite']>[0]>['writes']>[number]} RawWrite */

const { v1 } = sdk
const require = createRequire(import.meta.url)
const grpc = createRequire(require.resolve('google-gax'))('@grpc/grpc-js')

/** Ids in no order of time, as an app's are. @param {number} n @returns {string} */
export function idOf(n) {
  return `${((n * 2_654_435_761) % 4_294_967_296).toString(36).padStart(7, '0')}-${n}`
}

/** @param {DocumentsTask} task @returns {readonly string[]} */
export function idsOf({ count }) {
  return Array.from({ length: count }, (_, n) => idOf(n)).sort()
}

/** A client that speaks the protocol itself, connected. @param {DocumentsTask} task */
export async function openRaw({ host, project, collection }) {
  const [servicePath = '', port] = host.split(':')
  const client = new v1.FirestoreClient({
    projectId: project,
    servicePath,
    port: Number(port),
    sslCreds: grpc.credentials.createInsecure(),
    credentials: { client_email: 'owner@localhost', private_key: 'none' },
    fallback: false,
  })
  const database = `projects/${project}/databases/(default)`
  const root = `${database}/documents`
  const call = { otherArgs: { headers: { 'google-cloud-resource-prefix': database, authorization: 'Bearer owner' } } }
  await client.listCollectionIds({ parent: root, pageSize: 1 }, { ...call, autoPaginate: false })
  return { client, database, root, call, nameOf: (/** @type {string} */ id) => `${root}/${collection}/${id}` }
}

/** @typedef {Awaited<ReturnType<typeof openRaw>>} Raw */

/** The write of every contender: one new field. @param {string} name @param {object} [currentDocument] @returns {RawWrite} */
export function addLanguage(name, currentDocument) {
  return {
    update: { name, fields: { language: { stringValue: 'en' } } },
    updateMask: { fieldPaths: ['language'] },
    ...(currentDocument && { currentDocument }),
  }
}

/** Sends one batch; throws when a write of it did not land. @param {Raw} raw @param {RawWrite[]} writes */
export async function sendBatch({ client, database, call }, writes) {
  const [{ status }] = await client.batchWrite({ database, writes }, call)
  const failed = status?.filter((one) => one.code !== 0).length
  if (failed !== 0) throw new Error(`${failed} writes failed`)
}

/**
 * Sends batches as they come, so many at once.
 * @template Batch
 * @param {AsyncIterable<Batch> | Iterable<Batch>} batches @param {(batch: Batch) => Promise<void>} send @param {number} most
 */
export async function sendAll(batches, send, most) {
  /** @type {Set<Promise<void>>} */
  const flying = new Set()
  for await (const batch of batches) {
    const sent = send(batch).then(() => void flying.delete(sent))
    flying.add(sent)
    if (flying.size >= most) await Promise.race(flying)
  }
  await Promise.all(flying)
}
