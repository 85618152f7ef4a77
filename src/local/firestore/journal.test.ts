import { spawn } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { answerOf } from '../../../test/stores/firestore-answers.ts'
import { createCalls, double, integer, put, text, vector } from '../../../test/stores/firestore-calls.ts'
import type { Calls } from '../../../test/stores/firestore-calls.ts'
import { createFirestoreServer } from './server.ts'

/** `expect.stringContaining`, typed. */
const saying = (part: string): unknown => expect.stringContaining(part)

let folder = ''
const log = (): string => join(folder, 'documents.log')

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'local-firestore-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function withServer<T>(use: (calls: Calls) => Promise<T>): Promise<T> {
  const server = await createFirestoreServer({ folder })
  const calls = createCalls(server.host, 'kept')
  try {
    return await use(calls)
  } finally {
    await calls.close()
    await server.close()
  }
}

const everything = (calls: Calls): Promise<unknown> => calls.query({ from: [{ allDescendants: true }] })
const exact = async (calls: Calls): Promise<string> =>
  JSON.stringify(await everything(calls)).replaceAll(/"readTime":\{[^}]*\}/g, '')

test('what was written is there after a restart: values, versions, deletions', async () => {
  const before = await withServer(async (calls) => {
    const values = {
      i: integer('9007199254740993'),
      d: double(5),
      z: double(-0),
      v: vector(double(1)),
      b: { bytesValue: Buffer.from([0, 255]) },
    }
    await calls.commit([
      put(calls, 'a/1', values),
      put(calls, 'a/2', {}),
      put(calls, 'a/1/b/é', { 'a.b': { timestampValue: { seconds: -5, nanos: 1000 } } }),
    ])
    await calls.batchWrite([
      put(calls, 'a/1', { n: integer(1) }, { updateMask: { fieldPaths: ['n'] } }),
      { delete: calls.name('a/2') },
    ])
    return { exact: await exact(calls), plain: await answerOf(() => everything(calls), calls) }
  })
  expect(JSON.stringify(before.plain)).toContain('"-0"')
  await withServer(async (calls) => {
    expect(await exact(calls)).toBe(before.exact)
    await calls.commit([put(calls, 'a/3', {})])
    expect(await calls.found({ from: [{ collectionId: 'a' }] })).toEqual(['a/1', 'a/3'])
  })
})

test('a record cut short anywhere is dropped, and writing goes on behind the whole ones', async () => {
  await withServer((calls) => calls.commit([put(calls, 'a/1', {})]))
  const whole = statSync(log()).size
  await withServer((calls) => calls.commit([put(calls, 'a/2', { x: text('more') })]))
  const full = readFileSync(log())
  for (const size of [whole + 1, whole + 7, whole + 8, whole + 20, full.length - 1]) {
    writeFileSync(log(), full.subarray(0, size))
    const found = await withServer(async (calls) => {
      await calls.commit([put(calls, 'a/3', {})])
      return calls.found({ from: [{ collectionId: 'a' }] })
    })
    expect(found).toEqual(['a/1', 'a/3'])
    expect(await withServer((calls) => calls.found({ from: [{ collectionId: 'a' }] }))).toEqual(['a/1', 'a/3'])
  }
})

test('a record damaged in the middle is an error, not a silent loss', async () => {
  await withServer(async (calls) => {
    await calls.commit([put(calls, 'a/1', { x: text('first') })])
    await calls.commit([put(calls, 'a/2', { x: text('second') })])
  })
  const bytes = readFileSync(log())
  bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20)
  writeFileSync(log(), bytes)
  await expect(createFirestoreServer({ folder })).rejects.toMatchObject({
    code: 'LS-3008',
    message: saying('byte 0'),
  })
  truncateSync(log(), 0)
  expect(await withServer((calls) => calls.found({ from: [{ collectionId: 'a' }] }))).toEqual([])
})

test('a log of superseded records is rewritten at the start', async () => {
  await withServer(async (calls) => {
    for (let round = 0; round < 8; round++) {
      await calls.batchWrite(Array.from({ length: 300 }, (_, at) => put(calls, `a/${at}`, { x: integer(round) })))
    }
  })
  const before = statSync(log()).size
  const kept = await withServer(exact)
  expect(statSync(log()).size).toBeLessThan(before / 4)
  expect(await withServer(exact)).toBe(kept)
})

test('a reset is kept too', async () => {
  const server = await createFirestoreServer({ folder })
  const calls = createCalls(server.host, 'kept')
  await calls.commit([put(calls, 'a/1', {})])
  await server.reset('kept')
  await calls.commit([put(calls, 'a/2', {})])
  await calls.close()
  await server.close()
  expect(await withServer((again) => again.found({ from: [{ collectionId: 'a' }] }))).toEqual(['a/2'])
})

test('a folder is for one server at a time; what a dead process left is taken over', async () => {
  const server = await createFirestoreServer({ folder })
  const refusal = { code: 'LS-3006', message: saying(String(process.pid)) }
  await expect(createFirestoreServer({ folder })).rejects.toMatchObject(refusal)
  await server.close()
  const child = spawn(process.execPath, ['-e', ''])
  await new Promise((resolve) => child.once('exit', resolve))
  const lock = join(folder, 'lock')
  writeFileSync(lock, JSON.stringify({ pid: child.pid, host: hostname() }))
  await withServer(everything)
  writeFileSync(lock, JSON.stringify({ pid: process.ppid, host: hostname() }))
  await expect(createFirestoreServer({ folder })).rejects.toMatchObject({
    code: 'LS-3006',
    message: saying(String(process.ppid)),
  })
  writeFileSync(lock, JSON.stringify({ pid: child.pid, host: 'elsewhere' }))
  await expect(createFirestoreServer({ folder })).rejects.toMatchObject({
    code: 'LS-3006',
    message: saying('elsewhere'),
  })
  writeFileSync(lock, '')
  appendFileSync(lock, '{"pid":')
  await withServer(everything)
})

test('a folder that cannot be made is reported', async () => {
  const file = join(folder, 'a-file')
  writeFileSync(file, '')
  await expect(createFirestoreServer({ folder: join(file, 'below') })).rejects.toMatchObject({ code: 'LS-3008' })
})
