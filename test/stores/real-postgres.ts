import { execFile, execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'

export interface RealPostgres {
  readonly url: string
  /** Whether `CREATE EXTENSION vector` works there. */
  readonly vector: boolean
  stop(): Promise<void>
}

const run = promisify(execFile)

/**
 * A real server for tests: a fresh database in LOCKSTEP_TEST_POSTGRES when that is set, else a private server from
 * the binaries of this machine, on a free port of 127.0.0.1 with fsync on. `undefined`, with the reason printed, when
 * there is neither.
 */
export async function startRealPostgres(): Promise<RealPostgres | undefined> {
  const given = process.env['LOCKSTEP_TEST_POSTGRES']
  if (given !== undefined && given !== '') return createDatabase(given)
  const binaries = findBinaries()
  if (binaries === undefined) {
    console.warn('no real Postgres for tests: neither LOCKSTEP_TEST_POSTGRES nor initdb and postgres were found')
    return undefined
  }
  return startPrivate(binaries)
}

async function createDatabase(server: string): Promise<RealPostgres> {
  const name = `lockstep_test_${randomBytes(6).toString('hex')}`
  await ask(server, `CREATE DATABASE ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return {
    url: url.href,
    vector: await hasVector(url.href),
    stop: () => ask(server, `DROP DATABASE ${name} WITH (FORCE)`).then(() => undefined),
  }
}

async function startPrivate(binaries: string): Promise<RealPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-pg-'))
  const account = chooseAccount()
  if (account !== undefined) chownSync(folder, account.uid, account.gid)
  chmodSync(folder, 0o700)
  const data = join(folder, 'data')
  const identity = { ...account, cwd: folder, env: { ...process.env, HOME: folder } }
  await run(join(binaries, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8'], identity)
  const port = await freePort()
  const settings = ['listen_addresses=127.0.0.1', `port=${port}`, `unix_socket_directories=${folder}`, 'max_connections=60']
  const child = spawn(join(binaries, 'postgres'), ['-D', data, ...settings.flatMap((s) => ['-c', s])], { ...identity, stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  // A test run that is cut off must not leave a server behind.
  const kill = (): void => void child.kill('SIGQUIT')
  process.once('exit', kill)
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  await untilReady(url, child)
  return {
    url,
    vector: await hasVector(url),
    async stop() {
      child.kill('SIGINT')
      await ended
      process.removeListener('exit', kill)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function findBinaries(): string | undefined {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  const path = (process.env['PATH'] ?? '').split(delimiter)
  const candidates = [...versions.map((version) => join(debian, version, 'bin')), ...configured(), ...path]
  return candidates.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')))
}

function configured(): string[] {
  try {
    return [execFileSync('pg_config', ['--bindir'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()]
  } catch {
    return []
  }
}

/** Postgres refuses to run as root: another account is used then. */
function chooseAccount(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  for (const name of ['postgres', 'nobody']) {
    try {
      const number = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))
      return { uid: number('-u'), gid: number('-g') }
    } catch {
      // The next account may exist.
    }
  }
  throw new Error('running as root, and neither account postgres nor nobody exists to run a server as')
}

async function untilReady(url: string, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    if (child.exitCode !== null) throw new Error(`postgres ended at once with code ${child.exitCode}`)
    try {
      await ask(url, 'SELECT 1')
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  throw new Error('postgres did not answer within 15 seconds')
}

async function hasVector(url: string): Promise<boolean> {
  const found = await ask(url, "SELECT 1 FROM pg_available_extensions WHERE name = 'vector'")
  if (found === 0) console.warn('this Postgres has no pgvector: parts of the tests that need it are skipped')
  return found > 0
}

async function ask(url: string, sql: string): Promise<number> {
  const client = new Client(url)
  client.on('error', () => undefined)
  try {
    await client.connect()
    return (await client.query(sql)).rowCount ?? 0
  } finally {
    await client.end()
  }
}

/** A port of 127.0.0.1 that was free a moment ago. */
async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => (address === null || typeof address === 'string' ? reject(new Error('no port')) : resolve(address.port)))
    })
  })
}
