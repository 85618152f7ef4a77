import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Firestore } from '@google-cloud/firestore'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createCalls, integer, put } from '../../../test/stores/firestore-calls.ts'
import type { FaultRule } from './faults.ts'
import { createFirestoreServer } from './server.ts'

/** `expect.stringContaining`, typed. */
const saying = (part: string): unknown => expect.stringContaining(part)

const placeOf = (address: string): { readonly host: string; readonly port: number } => {
  const [host = '', port = ''] = address.split(':')
  return { host, port: Number(port) }
}

const script = fileURLToPath(new URL('../../../test/stores/local-firestore-process.ts', import.meta.url))
const jiti = join(dirname(createRequire(import.meta.url).resolve('jiti/package.json')), 'lib/jiti-cli.mjs')
let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'local-firestore-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

function start(): Promise<{ readonly child: ChildProcess; readonly host: string }> {
  const child = spawn(process.execPath, [jiti, script, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
    child.stdout.once('data', (line: Buffer) => resolve({ child, host: line.toString().trim() }))
  })
}

test('whatever was acknowledged before kill -9 is there, and no half of a commit', async () => {
  const acknowledged: number[] = []
  for (let life = 0; life < 2; life++) {
    const { child, host } = await start()
    await expect(createFirestoreServer({ folder })).rejects.toMatchObject({
      code: 'LS-3006',
      message: saying(`${child.pid}`),
    })
    const calls = createCalls(host, 'killed')
    const gone = new Promise((resolve) => child.once('exit', resolve))
    const write = async (worker: number): Promise<void> => {
      for (let at = 0; ; at++) {
        const id = life * 1_000_000 + worker * 10_000 + at
        await calls.commit([
          put(calls, `left/${id}`, { id: integer(id) }),
          put(calls, `right/${id}`, { id: integer(id) }),
        ])
        if (acknowledged.push(id) === 200 * (life + 1)) child.kill('SIGKILL')
      }
    }
    const ends = await Promise.allSettled(Array.from({ length: 8 }, (_, worker) => write(worker)))
    expect(ends.every((end) => end.status === 'rejected')).toBe(true)
    await gone
    await calls.close()
  }
  const server = await createFirestoreServer({ folder })
  const calls = createCalls(server.host, 'killed')
  const ids = async (collectionId: string): Promise<readonly string[]> =>
    (await calls.found({ from: [{ collectionId }] })).map((path) => path.split('/')[1] ?? '')
  const left = await ids('left')
  expect(await ids('right')).toEqual(left)
  const kept = new Set(left)
  expect(acknowledged.filter((id) => !kept.has(String(id)))).toEqual([])
  expect(left.length).toBeGreaterThanOrEqual(400)
  await calls.close()
  await server.close()
})

test('a crash on request keeps what was written, and nothing else', async () => {
  const server = await createFirestoreServer({ folder })
  const calls = createCalls(server.host, 'crashed')
  const client = new Firestore({ projectId: 'crashed', ...placeOf(server.host), ssl: false })
  const heard: string[][] = []
  const stop = client.collection('a').onSnapshot(({ docs }) => heard.push(docs.map(({ id }) => id)))
  await calls.commit([put(calls, 'a/1', { n: integer(1) })])
  const transaction = await calls.begin()
  await expect(calls.get(['a/1'], { transaction })).resolves.toBeDefined()
  expect((await fetch(`http://${server.host}/crash`, { method: 'POST' })).status).toBe(202)
  await vi.waitFor(() => calls.get(['a/1']), { timeout: 10_000, interval: 20 })
  await expect(calls.commit([], transaction)).rejects.toMatchObject({ code: 3 })
  await server.crash(1)
  await vi.waitFor(() => calls.commit([put(calls, 'a/2', {})]), { timeout: 10_000, interval: 20 })
  await vi.waitFor(() => expect(heard.at(-1)).toEqual(['1', '2']), { timeout: 10_000, interval: 20 })
  stop()
  await client.terminate()
  await calls.close()
  await server.close()
})

test.each([[true], [false]])('crashes now and then lose no answer that was given (in memory: %s)', async (inMemory) => {
  const rules: readonly FaultRule[] = [{ kind: 'crash', share: 0.1, millis: 1, methods: ['Commit'] }]
  const faults = { seed: 5, rules }
  const server = await createFirestoreServer(inMemory ? { faults } : { faults, folder })
  const calls = createCalls(server.host, 'crashes')
  const acknowledged: number[] = []
  const tried = Array.from({ length: 40 }, (_, id) => id)
  for (const id of tried) {
    const pair = [put(calls, `left/${id}`, {}), put(calls, `right/${id}`, {})]
    try {
      await calls.commit(pair)
      acknowledged.push(id)
    } catch (error) {
      expect(error).toMatchObject({ code: 14 })
      await vi.waitFor(() => calls.get(['left/0']), { timeout: 10_000, interval: 5 })
    }
  }
  const { crash } = server.faultCounts()
  expect(crash).toBeGreaterThan(1)
  expect(acknowledged.length).toBe(tried.length - crash)
  server.setFaults(undefined)
  const ids = async (collectionId: string): Promise<readonly number[]> => {
    const found = await vi.waitFor(() => calls.found({ from: [{ collectionId }] }), { timeout: 10_000, interval: 20 })
    return found.map((path) => Number(path.split('/')[1])).sort((a, b) => a - b)
  }
  const left = await ids('left')
  expect(await ids('right')).toEqual(left)
  expect(acknowledged.filter((id) => !left.includes(id))).toEqual([])
  expect(left.length).toBeGreaterThan(acknowledged.length)
  await calls.close()
  await server.close()
})
