import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createCalls, integer, list, map, put, text } from '../../../test/stores/firestore-calls.ts'
import type { Calls, FieldsMessage, ValueMessage } from '../../../test/stores/firestore-calls.ts'
import { createFirestoreServer } from './server.ts'

const folder = mkdtempSync(join(tmpdir(), 'local-entries-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function withServer(definitions: object | undefined, use: (calls: Calls) => Promise<void>): Promise<void> {
  const indexFile = join(folder, 'firestore.indexes.json')
  writeFileSync(indexFile, JSON.stringify(definitions ?? {}))
  const server = await createFirestoreServer(definitions ? { indexFile } : {})
  const calls = createCalls(server.host, 'entries')
  await use(calls)
  await calls.close()
  await server.close()
}

/** `expect.stringMatching`, typed. */
const saying = (pattern: string): unknown => expect.stringMatching(pattern)
const numbers = (count: number): ValueMessage =>
  list(...Array.from({ length: count }, (_, at) => ({ doubleValue: at })))
const commit = (calls: Calls, fields: FieldsMessage): Promise<unknown> => calls.commit([put(calls, 'k/1', fields)])
const tooMany = (entries: number): object => ({
  code: 3,
  details: saying(`too many index entries for entity: ${entries}, the limit is 40000.*/k/1$`),
})

test('the automatic indexes have two entries for a value and one for each different member of an array', async () => {
  await withServer(undefined, async (calls) => {
    const values = { b: text('x'), c: map({ d: text('y') }) }
    await expect(commit(calls, { a: numbers(39_995), m: map(values) })).rejects.toMatchObject(tooMany(40_001))
    const repeated = list(...Array.from({ length: 40_000 }, (_, at) => integer(at % 100)))
    const { status } = await calls.batchWrite([
      put(calls, 'k/1', { a: numbers(39_998) }),
      put(calls, 'k/2', { a: numbers(39_999) }),
      put(calls, 'k/3', { a: repeated }),
    ])
    expect(status).toMatchObject([{ code: 0 }, { code: 3 }, { code: 0 }])
    expect(await calls.found({ from: [{ collectionId: 'k' }] })).toEqual(['k/1', 'k/3'])
  })
})

test('exempt fields and what is in exempt maps have none, composite indexes as many as their fields multiplied', async () => {
  const exempt = (fieldPath: string): object => ({ collectionGroup: 'k', fieldPath, indexes: [] })
  const fields = [
    { fieldPath: 'b', order: 'ASCENDING' },
    { fieldPath: 'a', arrayConfig: 'CONTAINS' },
  ]
  const definitions = {
    indexes: [{ collectionGroup: 'k', queryScope: 'COLLECTION', fields }],
    fieldOverrides: [exempt('big'), exempt('m')],
  }
  await withServer(definitions, async (calls) => {
    await commit(calls, { big: numbers(40_000), m: map({ inner: map({ list: numbers(40_000) }) }) })
    await expect(commit(calls, { a: numbers(30_000), b: text('x') })).rejects.toMatchObject(tooMany(60_004))
    writeFileSync(join(folder, 'firestore.indexes.json'), '{ "fieldOverrides": [] }')
    await commit(calls, { a: numbers(30_000), b: text('x') })
  })
})
