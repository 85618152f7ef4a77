import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { status } from '@grpc/grpc-js'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createFirestoreServer } from '../../src/local/firestore/server.ts'
import { createFirestoreIndexes } from '../../src/stores/firestore/firestore-indexes.ts'
import type { CompositeIndex, IndexWriter } from '../../src/stores/indexes.ts'
import { startFakeAdminServer } from '../stores/fake-admin-server.ts'
import type { FakeAdminServer } from '../stores/fake-admin-server.ts'
import { startOfficialEmulator } from '../stores/official-emulator.ts'
import { needs } from '../stores/skips.ts'

const name = 'firestore.indexes.json'
const group = 'projects/demo/databases/(default)/collectionGroups/messages'
const index: CompositeIndex = {
  group: 'messages',
  scope: 'COLLECTION_GROUP',
  fields: [
    { path: 'tags', by: 'CONTAINS' },
    { path: '`a b`.c', by: 'DESCENDING' },
  ],
}

let root: string
let server: FakeAdminServer
let indexes: IndexWriter

function open(host: string): IndexWriter {
  const target = { project: 'demo', database: '(default)', emulator: host }
  return createFirestoreIndexes({ projectId: 'demo', target, root, file: join(root, name), create: true })
}

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'lockstep-indexes-'))
  server = await startFakeAdminServer()
  indexes = open(server.host)
})
afterEach(async () => {
  await indexes.close()
  await server.stop()
  rmSync(root, { recursive: true })
})

describe('the file', () => {
  it('is created, replaced and removed, and only from what it was', async () => {
    expect(indexes.file).toBe(name)
    expect(await indexes.readFile()).toBeUndefined()
    expect(await indexes.writeFile('a', 'something')).toBe(false)
    expect(await indexes.writeFile('a', undefined)).toBe(true)
    expect(await indexes.writeFile('b', undefined)).toBe(false)
    expect(await indexes.readFile()).toBe('a')
    expect(await indexes.writeFile('b', 'a')).toBe(true)
    expect(await indexes.writeFile(undefined, 'a')).toBe(false)
    expect(await indexes.writeFile(undefined, 'b')).toBe(true)
    expect(existsSync(join(root, name))).toBe(false)
  })

  it('keeps its permissions, stays a link, and leaves nothing beside it', async () => {
    writeFileSync(join(root, 'real.json'), 'a', { mode: 0o640 })
    symlinkSync(join(root, 'real.json'), join(root, name))
    expect(await indexes.writeFile('b', 'a')).toBe(true)
    expect(readFileSync(join(root, 'real.json'), 'utf8')).toBe('b')
    expect(statSync(join(root, 'real.json')).mode & 0o777).toBe(0o640)
    expect(readdirSync(root).sort()).toEqual([name, 'real.json'])
  })

  it('that cannot be written is told by name', async () => {
    rmSync(root, { recursive: true })
    await expect(indexes.writeFile('a', undefined)).rejects.toMatchObject({
      code: 'LS-2401',
      where: { file: join(root, name) },
    })
    root = mkdtempSync(join(tmpdir(), 'lockstep-indexes-'))
  })
})

describe('composite indexes', () => {
  it('are built, listed as they are stored, and deleted when built', async () => {
    expect(await indexes.managed()).toBe(true)
    expect(await indexes.list('messages')).toEqual([])
    expect(await indexes.createIndex(index)).toBe(true)
    const [found, ...others] = await indexes.list('messages')
    expect(others).toEqual([])
    expect(found).toEqual({
      ...index,
      name: `${group}/indexes/1`,
      state: 'CREATING',
      fields: [...index.fields, { path: '__name__', by: 'DESCENDING' }],
    })
    expect(await indexes.list('chats')).toEqual([])
    expect(await indexes.deleteIndex(found?.name ?? '')).toBe(false)
    server.finish()
    expect(await indexes.list('messages')).toMatchObject([{ state: 'READY' }])
    expect(await indexes.deleteIndex(found?.name ?? '')).toBe(true)
    expect(await indexes.deleteIndex(found?.name ?? '')).toBe(true)
    expect(await indexes.list('messages')).toEqual([])
  })

  it('are not created twice', async () => {
    expect(await indexes.createIndex(index)).toBe(true)
    expect(await indexes.createIndex(index)).toBe(false)
    expect(server.indexes.size).toBe(1)
  })

  it('keep the dimension of a vector', async () => {
    const vector: CompositeIndex = { group: 'm', scope: 'COLLECTION', fields: [{ path: 'v', by: 'VECTOR(768)' }] }
    await indexes.createIndex(vector)
    expect((await indexes.list('m'))[0]?.fields).toEqual([
      { path: '__name__', by: 'ASCENDING' },
      { path: 'v', by: 'VECTOR(768)' },
    ])
  })

  it('of another kind are passed over', async () => {
    const stored = { queryScope: 'COLLECTION', fields: [{ fieldPath: 'a', order: 'ASCENDING' }], state: 'READY' }
    server.indexes.set('1', { ...stored, name: `${group}/indexes/1`, apiScope: 'DATASTORE_MODE_API' })
    server.indexes.set('2', { ...stored, name: `${group}/indexes/2`, unique: true })
    server.indexes.set('3', { ...stored, name: `${group}/indexes/3`, density: 'DENSE' })
    server.indexes.set('4', { ...stored, name: `${group}/indexes/4`, density: 'SPARSE_ALL' })
    expect((await indexes.list('messages')).map((each) => each.name)).toEqual([`${group}/indexes/4`])
  })
})

describe('fields', () => {
  const own = [
    { scope: 'COLLECTION', by: 'ASCENDING' },
    { scope: 'COLLECTION_GROUP', by: 'DESCENDING' },
  ] as const

  it('have the automatic indexes until they are set, and again when that is taken away', async () => {
    const automatic = await indexes.field('messages', 'at')
    expect(automatic).toMatchObject({ name: `${group}/fields/at`, automatic: true })
    expect(automatic.indexes.map(({ scope, by }) => `${scope} ${by}`)).toEqual([
      'COLLECTION ASCENDING',
      'COLLECTION DESCENDING',
      'COLLECTION CONTAINS',
    ])
    await indexes.setField('messages', 'at', own)
    expect(await indexes.field('messages', 'at')).toEqual({
      name: `${group}/fields/at`,
      automatic: false,
      indexes: own.map((each) => ({ ...each, state: 'CREATING' })),
    })
    server.finish()
    await indexes.setField('messages', 'at', [])
    expect(await indexes.field('messages', 'at')).toMatchObject({ automatic: false, indexes: [] })
    await indexes.setField('messages', 'at', undefined)
    expect(await indexes.field('messages', 'at')).toMatchObject({ automatic: true })
  })
})

describe('progress', () => {
  it('is that of the running operations on the name', async () => {
    await indexes.createIndex(index)
    await indexes.setField('messages', 'at', [])
    const [{ name: made } = { name: '' }] = await indexes.list('messages')
    expect(await indexes.progress(made)).toBeUndefined()
    server.advance(30, 120)
    expect(await indexes.progress(made)).toEqual({ done: 30, expected: 120 })
    expect(await indexes.progress(`${group}/fields/at`)).toEqual({ done: 30, expected: 120 })
    expect(await indexes.progress(`${group}/fields/other`)).toBeUndefined()
    server.finish()
    expect(await indexes.progress(made)).toBeUndefined()
  })

  it('is unknown to whoever may not list operations', async () => {
    server.failNext('ListOperations', status.PERMISSION_DENIED)
    expect(await indexes.progress('x')).toBeUndefined()
  })
})

describe('failures', () => {
  it('reads are repeated, writes are not', async () => {
    server.failNext('ListIndexes', status.UNAVAILABLE)
    expect(await indexes.managed().catch((error: unknown) => error)).toMatchObject({ code: 'LS-3001' })
    expect(await indexes.managed()).toBe(true)
    server.failNext('ListIndexes', status.UNAVAILABLE)
    expect(await indexes.list('messages')).toEqual([])
    server.failNext('CreateIndex', status.UNAVAILABLE)
    await expect(indexes.createIndex(index)).rejects.toMatchObject({ code: 'LS-3001' })
    expect(server.writes).toEqual([])
  })

  it('a write that broke may have been carried out, and is told as passing', async () => {
    server.failNext('CreateIndex', status.INTERNAL, true)
    await expect(indexes.createIndex(index)).rejects.toMatchObject({ code: 'LS-3001' })
    expect(await indexes.createIndex(index)).toBe(false)
  })

  it('a missing right is told with the role that gives it', async () => {
    server.failNext('CreateIndex', status.PERMISSION_DENIED)
    await expect(indexes.createIndex(index)).rejects.toMatchObject({
      code: 'LS-3004',
      hint: "give the account the role roles/datastore.indexAdmin in project 'demo'",
    })
  })
})

describe('a store without an admin API', () => {
  let local: Awaited<ReturnType<typeof createFirestoreServer>>
  beforeAll(async () => {
    local = await createFirestoreServer()
  })
  afterAll(() => local.close())

  it('says so', async () => {
    const without = open(local.host)
    expect(await without.managed()).toBe(false)
    await without.close()
  })
})

const emulator = await startOfficialEmulator()
describe('the official emulator', needs(emulator, 'no official Firestore emulator found'), () => {
  afterAll(() => emulator?.stop())

  it('has no admin API', async () => {
    const without = open(emulator?.host ?? '')
    expect(await without.managed()).toBe(false)
    await without.close()
  })
})
