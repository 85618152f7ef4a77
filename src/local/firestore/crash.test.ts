import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createCalls, integer, put } from '../../../test/stores/firestore-calls.ts'
import { createFirestoreServer } from './server.ts'

/** `expect.stringContaining`, typed. */
const saying = (part: string): unknown => expect.stringContaining(part)

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
