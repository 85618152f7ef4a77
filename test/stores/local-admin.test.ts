import { v1 } from '@google-cloud/firestore'
import { credentials } from '@grpc/grpc-js'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createFirestoreServer } from '../../src/local/firestore/server.ts'
import type { FirestoreServer } from '../../src/local/firestore/server.ts'
import { createCalls, integer, put, text } from './firestore-calls.ts'
import type { Calls, QueryMessage } from './firestore-calls.ts'

/** The admin API of the local Firestore, through the official client. */
type Admin = InstanceType<typeof v1.FirestoreAdminClient>

let root: string
let server: FirestoreServer
let calls: Calls
let admin: Admin

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'lockstep-local-admin-'))
  writeFileSync(join(root, 'firestore.indexes.json'), '{ "indexes": [] }')
  await open()
})
afterEach(async () => {
  vi.useRealTimers()
  await close()
  rmSync(root, { recursive: true })
})

async function open(indexBuildMillis = 300): Promise<void> {
  const indexFile = join(root, 'firestore.indexes.json')
  server = await createFirestoreServer({ folder: join(root, 'data'), indexFile, indexBuildMillis })
  calls = createCalls(server.host, 'admin')
  const [servicePath = '', port] = server.host.split(':')
  const sslCreds = credentials.createInsecure()
  admin = new v1.FirestoreAdminClient({
    servicePath,
    port: Number(port),
    sslCreds,
    projectId: 'admin',
    fallback: false,
  })
}

async function close(): Promise<void> {
  await Promise.all([calls.close(), admin.close()])
  await server.close()
}

const group = 'projects/admin/databases/(default)/collectionGroups/k'
const order = (fieldPath: string) => ({ field: { fieldPath }, direction: 'ASCENDING' }) as const
const needing: QueryMessage = { from: [{ collectionId: 'k' }], orderBy: [order('a'), order('b')] }
const fields = ['a', 'b'].map((fieldPath) => ({ fieldPath, order: 'ASCENDING' }) as const)
const index = { queryScope: 'COLLECTION' as const, fields }
/** The operations that are under way. */
const running = async (): Promise<readonly { readonly name?: string | null; readonly done?: boolean | null }[]> => {
  const request = { name: calls.database, filter: 'done=false' } as never
  const [listed] = (await admin.operationsClient.listOperations(request)) as unknown as [
    { name: string; done: boolean }[],
  ]
  return listed
}

test('a query is served from when its index is READY until it is deleted, over a restart too', async () => {
  await calls.commit([put(calls, 'k/1', { a: integer(1), b: integer(1) })])
  await expect(calls.found(needing)).rejects.toMatchObject({ code: 9 })
  const [building] = await admin.createIndex({ parent: group, index })
  const name = `${group}/indexes/1`
  await expect(calls.found(needing)).rejects.toMatchObject({ code: 9 })
  expect((await admin.getIndex({ name }))[0]).toMatchObject({ name, state: 'CREATING' })
  await expect(admin.createIndex({ parent: group, index })).rejects.toMatchObject({ code: 6 })
  await expect(admin.deleteIndex({ name })).rejects.toMatchObject({ code: 9 })
  expect((await building.promise())[0]).toMatchObject({ name })
  expect(await calls.found(needing)).toEqual(['k/1'])
  await close()
  await open()
  const [[listed, ...others]] = await admin.listIndexes({ parent: group })
  expect([listed?.state, listed?.fields?.map(({ fieldPath }) => fieldPath), others]).toEqual([
    'READY',
    ['a', 'b', '__name__'],
    [],
  ])
  expect(await calls.found(needing)).toEqual(['k/1'])
  await expect(createCalls(server.host, 'another').found(needing)).rejects.toMatchObject({ code: 9 })
  await admin.deleteIndex({ name })
  await expect(calls.found(needing)).rejects.toMatchObject({ code: 9 })
  await expect(admin.deleteIndex({ name })).rejects.toMatchObject({ code: 5 })
  await expect(
    admin.createIndex({ parent: group, index: { ...index, fields: fields.slice(1) } }),
  ).rejects.toMatchObject({ code: 3 })
})

test('a field is exempted, indexed by group, given a time to live, and has the automatic indexes again', async () => {
  const byField: QueryMessage = { from: [{ collectionId: 'k' }], orderBy: [order('a')] }
  const ofGroup: QueryMessage = { from: [{ collectionId: 'k', allDescendants: true }], orderBy: [order('a')] }
  const name = `${group}/fields/a`
  const update = async (field: object, path: string): Promise<void> => {
    const [building] = await admin.updateField({ field: { name, ...field }, updateMask: { paths: [path] } })
    await building.promise()
  }
  expect((await admin.getField({ name }))[0].indexConfig).toMatchObject({ usesAncestorConfig: true })
  await calls.found(byField)
  await update({ indexConfig: { indexes: [] } }, 'index_config')
  await expect(calls.found(byField)).rejects.toMatchObject({ code: 9 })
  const indexes = [{ queryScope: 'COLLECTION_GROUP', fields: [{ fieldPath: 'a', order: 'ASCENDING' }] }]
  await update({ indexConfig: { indexes } }, 'index_config')
  await calls.found(ofGroup)
  await update({ ttlConfig: {} }, 'ttl_config')
  const [field] = await admin.getField({ name })
  expect(field).toMatchObject({ ttlConfig: { state: 'ACTIVE' }, indexConfig: { indexes: [{ state: 'READY' }] } })
  await update({}, 'index_config')
  await calls.found(byField)
  await expect(calls.found(ofGroup)).rejects.toMatchObject({ code: 9 })
  const [set] = await admin.listFields({ parent: group.replace(/k$/, '-'), filter: 'ttlConfig:*' })
  expect(set.map((each) => each.name)).toEqual([name])
  const [indexed] = await admin.listFields({ parent: group, filter: 'indexConfig.usesAncestorConfig:false' })
  expect(indexed).toEqual([])
  await expect(admin.listFields({ parent: group, filter: 'name:k' })).rejects.toMatchObject({ code: 3 })
  await update({}, 'ttl_config')
  expect((await admin.listFields({ parent: group }))[0]).toEqual([])
})

test('what the file says is listed as deployed, and changed in the file alone', async () => {
  const inFile = { collectionGroup: 'k', queryScope: 'COLLECTION', fields }
  const override = { collectionGroup: 'k', fieldPath: 'c', indexes: [] }
  writeFileSync(join(root, 'firestore.indexes.json'), JSON.stringify({ indexes: [inFile], fieldOverrides: [override] }))
  await calls.found(needing)
  const [[listed]] = await admin.listIndexes({ parent: group })
  expect(listed).toMatchObject({ state: 'READY', fields: [{ fieldPath: 'a' }, { fieldPath: 'b' }, {}] })
  await expect(admin.createIndex({ parent: group, index })).rejects.toMatchObject({ code: 6 })
  await expect(admin.deleteIndex({ name: listed?.name ?? '' })).rejects.toMatchObject({ code: 9 })
  const [field] = await admin.getField({ name: `${group}/fields/c` })
  expect(field.indexConfig).toMatchObject({ indexes: [], usesAncestorConfig: false })
})

test('operations tell how far they are, and can be listed and dropped', async () => {
  await close()
  await open(10_000)
  await calls.batchWrite(Array.from({ length: 100 }, (_, at) => put(calls, `k/${at}`, {})))
  await admin.createIndex({ parent: group, index })
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 5_000 })
  const [first] = await running()
  const name = first?.name ?? ''
  const { metadata } = await admin.checkCreateIndexProgress(name)
  const completed = Number((metadata as unknown as Progressing).progressDocuments.completedWork)
  expect([completed >= 50, completed < 60, first?.done]).toEqual([true, true, false])
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 6_000 })
  expect(await running()).toEqual([])
  await admin.operationsClient.deleteOperation({ name } as never)
  await expect(admin.checkCreateIndexProgress(name)).rejects.toMatchObject({ code: 5 })
})

interface Progressing {
  readonly progressDocuments: { readonly completedWork: { toString(): string } }
}

test('databases are told of', async () => {
  await calls.commit([put(calls, 'k/1', {})])
  const [{ databases }] = await admin.listDatabases({ parent: 'projects/admin' })
  expect(databases).toMatchObject([{ name: calls.database, type: 'FIRESTORE_NATIVE', databaseEdition: 'STANDARD' }])
  expect((await admin.getDatabase({ name: calls.database }))[0].concurrencyMode).toBe('PESSIMISTIC')
})

test('what is exported to a bucket comes back', async () => {
  const name = calls.database
  await calls.commit([put(calls, 'k/1', { a: text('kept') })])
  const outputUriPrefix = 'gs://bucket/some/export'
  const [exported] = await admin.exportDocuments({ name, outputUriPrefix })
  expect((await exported.promise())[0]).toEqual({ outputUriPrefix })
  expect(existsSync(join(root, 'data/buckets/bucket/some/export/export.overall_export_metadata'))).toBe(true)
  await expect(admin.exportDocuments({ name, outputUriPrefix })).rejects.toMatchObject({ code: 6 })
  for (const other of ['gs://bucket/../../up', 'gs://', 'relative'])
    await expect(admin.exportDocuments({ name, outputUriPrefix: other })).rejects.toMatchObject({ code: 3 })
  await expect(
    admin.exportDocuments({ name, outputUriPrefix: 'gs://bucket', collectionIds: ['k'] }),
  ).rejects.toMatchObject({ code: 12 })
  await server.reset()
  const [imported] = await admin.importDocuments({ name, inputUriPrefix: outputUriPrefix })
  await imported.promise()
  expect(await calls.found({ from: [{ collectionId: 'k' }] })).toEqual(['k/1'])
  await expect(admin.importDocuments({ name, inputUriPrefix: 'gs://bucket/none' })).rejects.toMatchObject({ code: 3 })
})
