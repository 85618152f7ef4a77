import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { PGlite } from '@electric-sql/pglite'
import { vector } from '@electric-sql/pglite-pgvector'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startOfficialEmulator } from '../../../test/stores/official-emulator.ts'
import { needs } from '../../../test/stores/skips.ts'
import { tenantKey, tenantUid } from '../seed/tenant-plan.ts'

const emulator = await startOfficialEmulator()

describe('the commands as child processes', needs(emulator, 'no Firestore emulator found'), () => {
  const folder = mkdtempSync(join(tmpdir(), 'chatmimic-'))
  let pg: PGlite
  let server: Server
  let env: NodeJS.ProcessEnv

  beforeAll(async () => {
    pg = await PGlite.create({ extensions: { vector } })
    await pg.exec(readFileSync(new URL('../sql/schema.sql', import.meta.url), 'utf8'))
    server = await serve(pg)
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    env = {
      ...process.env,
      GOOGLE_CLOUD_PROJECT: `demo-commands-${process.pid}`,
      FIRESTORE_EMULATOR_HOST: emulator?.host,
      DATABASE_URL: `postgres://postgres@127.0.0.1:${port}/postgres`,
    }
  })
  afterAll(async () => {
    rmSync(folder, { recursive: true })
    server.close()
    await Promise.all([pg.close(), emulator?.stop()])
  })

  const run = (command: string, ...args: string[]): ChildProcess => {
    const file = fileURLToPath(new URL(`../bin/${command}.mjs`, import.meta.url))
    return spawn(process.execPath, [file, ...args], { env, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  }

  async function result(child: ChildProcess): Promise<{ code: unknown; output: unknown }> {
    const exit = new Promise((resolve) => child.once('exit', resolve))
    if (child.stdout === null) throw new Error('no pipe')
    const output = await text(child.stdout)
    const parsed: unknown = JSON.parse(output)
    return { code: await exit, output: parsed }
  }

  test('seed fills both stores, simulate works until it is told to stop, --check finds what is lost', async () => {
    const data = ['--seed', 'child', '--tenants', '3']
    const seeded = await result(run('seed', ...data, '--documents', '200', '--embeddings', '1'))
    expect(seeded).toMatchObject({ code: 0, output: { documents: 200, tenants: 3 } })

    const log = join(folder, 'journal.ndjson')
    const child = run('simulate', ...data, '--rate', '100', '--connections', '1', '--log', log)
    const ended = result(child)
    await new Promise((resolve) => child.once('message', resolve))
    const settings = (): string[] => readFileSync(log, 'utf8').match(/user_table_\w+#\d+/g) ?? []
    await vi.waitFor(() => expect(settings().length).toBeGreaterThan(3), { timeout: 50_000, interval: 50 })
    child.kill('SIGTERM')
    expect(await ended).toMatchObject({ code: 0, output: { errorCount: 0, abandoned: 0, journal: log } })

    expect(await result(run('simulate', '--check', log))).toEqual({ code: 0, output: { losses: [] } })
    const [target = ''] = settings()
    const [table, id] = target.split('#')
    await pg.query(`delete from ${table} where id = $1`, [id])
    const losses = [{ store: 'postgres', target, field: '' }]
    expect(await result(run('simulate', '--check', log))).toEqual({ code: 1, output: { losses } })
  })

  test('an operation that fails makes the exit code 1 and is in the report', async () => {
    const key = tenantKey(tenantUid('other', 0))
    const child = run(
      'simulate',
      '--seed',
      'other',
      '--tenants',
      '1',
      '--connections',
      '1',
      '--rate',
      '50',
      '--seconds',
      '1',
    )
    const { code, output } = await result(child)
    expect(code).toBe(1)
    const message = `relation "user_table_${key}" does not exist`
    expect(output).toHaveProperty(
      'errors',
      expect.arrayContaining([expect.objectContaining({ code: '42P01', message })]),
    )
  })

  test('the parent may say stop, and a wrong option is named', async () => {
    const child = run('simulate', '--rate', '0', '--connections', '1')
    await new Promise((resolve) => child.once('message', resolve))
    child.send('stop')
    expect(await result(child)).toMatchObject({ code: 0, output: { operations: {} } })
    const wrong = run('simulate', '--rate', 'fast')
    expect(await new Promise((resolve) => wrong.once('exit', resolve))).toBe(64)
  })
})

/** PGlite behind a port, for one client at a time: whole protocol messages go in, answers come out. */
async function serve(pg: PGlite): Promise<Server> {
  const server = createServer((socket) => {
    let buffer = Buffer.alloc(0)
    let started = false
    let work = Promise.resolve()
    const answer = async (message: Buffer): Promise<void> => {
      socket.write(await pg.execProtocolRaw(message))
    }
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk) => {
      buffer = Buffer.concat([buffer, chunk])
      for (;;) {
        const head = started ? 1 : 0
        if (buffer.length < head + 4 || buffer.length < head + buffer.readUInt32BE(head)) return
        const message = buffer.subarray(0, head + buffer.readUInt32BE(head))
        buffer = buffer.subarray(message.length)
        if (started && message[0] === 'X'.charCodeAt(0)) return
        started = true
        work = work.then(() => answer(message))
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}
