import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Firestore } from '@google-cloud/firestore'
import { describe, expect, it } from 'vitest'
import { fakeConnection, fakeStream, grpcError } from '../../../test/stores/fake-connection.ts'
import { openConnection } from './connection.ts'
import { isMissingIndex } from '../missing-index.ts'
import { countDocuments } from './count.ts'
import { loadRawClientClass } from './peer.ts'
import { createFirestoreDocuments } from './firestore-documents.ts'

/** The matcher, without the `any` it is declared as. */
const containing = (text: string): unknown => expect.stringContaining(text)

async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

describe('createFirestoreDocuments', () => {
  it('says at once that nothing listens, and where', async () => {
    const emulatorHost = `127.0.0.1:${await closedPort()}`
    await expect(createFirestoreDocuments({ projectId: 'p', emulatorHost })).rejects.toMatchObject({
      code: 'LS-3001',
      message: containing(emulatorHost),
      hint: containing('lockstep local'),
    })
  })

  it('names the package to install when the driver is not there', async () => {
    const resolveFrom = await mkdtemp(join(tmpdir(), 'lockstep-'))
    await expect(
      loadRawClientClass(resolveFrom, pathToFileURL(join(resolveFrom, 'index.js')).href),
    ).rejects.toMatchObject({
      code: 'LS-1006',
      hint: 'npm install @google-cloud/firestore',
    })
  })

  const client = 'class FirestoreClient { batchWrite() {} runQuery() {} }'
  const none = "throw new Error('never to be loaded')"
  it.each<[string, Readonly<Record<string, string>>]>([
    [
      'without the rest of the driver',
      { 'v1/firestore_client.js': `exports.FirestoreClient = ${client}`, 'index.js': none },
    ],
    ['with all of it where that is the only way', { 'index.js': `exports.v1 = { FirestoreClient: ${client} }` }],
    [
      'with all of it where its own module is another one',
      { 'v1/firestore_client.js': '', 'index.js': `exports.v1 = { FirestoreClient: ${client} }` },
    ],
  ])('loads the raw client %s', async (_, files) => {
    const resolveFrom = await mkdtemp(join(tmpdir(), 'lockstep-'))
    const folder = join(resolveFrom, 'node_modules/@google-cloud/firestore')
    await mkdir(join(folder, 'v1'), { recursive: true })
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
    expect((await loadRawClientClass(resolveFrom)).name).toBe('FirestoreClient')
  })

  it.each(['localhost:8080/x', 'not a host', ':'])('refuses the host %j', async (emulatorHost) => {
    await expect(createFirestoreDocuments({ projectId: 'p', emulatorHost })).rejects.toMatchObject({ code: 'LS-1007' })
  })

  it.each([[{}], [{ type: 'firestore', app: {} }], ['text'], [null]])(
    'refuses a client that is no Firestore instance: %j',
    async (client) => {
      await expect(createFirestoreDocuments({ projectId: 'p', client })).rejects.toMatchObject({ code: 'LS-1007' })
    },
  )

  it.each([
    [{ projectId: 'other' }, 'project'],
    [{ projectId: 'p', databaseId: 'second' }, 'database'],
    [{ projectId: 'p', emulatorHost: '127.0.0.1:9' }, 'emulator'],
  ])('refuses an instance that points elsewhere than %j', async (options, what) => {
    const client = new Firestore({ projectId: 'p', host: '127.0.0.1:1', ssl: false })
    await expect(createFirestoreDocuments({ ...options, client })).rejects.toMatchObject({
      code: 'LS-1005',
      message: containing(what),
    })
  })
})

describe('openConnection with a raw client', () => {
  it.each([
    [7, 'LS-3004', 'roles/datastore.user'],
    [5, 'LS-3004', "database '(default)'"],
    [16, 'LS-3004', 'gcloud auth'],
    [14, 'LS-3001', 'network'],
  ])('explains status %i', async (code, expected, hint) => {
    const { client } = fakeConnection({
      initialize: async () => ({}),
      listCollectionIds: async () => {
        throw grpcError(code, 'said')
      },
    })
    await expect(openConnection({ projectId: 'p', client })).rejects.toMatchObject({
      code: expected,
      why: containing('said'),
      hint: containing(hint),
    })
  })

  it('explains credentials that cannot be found', async () => {
    const { client } = fakeConnection({
      initialize: async () => {
        throw new Error('Could not load the default credentials.')
      },
    })
    await expect(openConnection({ projectId: 'p', client })).rejects.toMatchObject({
      code: 'LS-3004',
      hint: containing('gcloud auth'),
    })
  })

  it('leaves the closing to who made it', async () => {
    const { client } = fakeConnection({ initialize: async () => ({}), listCollectionIds: async () => [[]] })
    const connection = await openConnection({ projectId: 'p', client })
    await connection.close()
    expect(connection.target).toEqual({ project: 'p', database: '(default)', emulator: undefined })
  })
})

describe('countDocuments', () => {
  it('tells a missing index from other refusals', async () => {
    const scope = { parent: '', collection: 'c', descendants: true }
    const failing = (code: number) =>
      fakeConnection({ runAggregationQuery: () => fakeStream([grpcError(code, 'The query requires an index.')]) })
    const missing = await countDocuments(failing(9), scope, ['v']).catch((error: unknown) => error)
    expect(missing).toMatchObject({ code: 'LS-3004', why: 'FAILED_PRECONDITION: The query requires an index.' })
    expect(isMissingIndex(missing)).toBe(true)
    const denied = await countDocuments(failing(7), scope, ['v']).catch((error: unknown) => error)
    expect(denied).toMatchObject({ code: 'LS-3004' })
    expect(isMissingIndex(denied)).toBe(false)
  })
})
