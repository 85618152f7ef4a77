import { execFileSync, spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { freePort, startGuarded, untilListening, type GuardedProcess } from './guarded-process.ts'

/** A PostgreSQL server with an empty database; `vector` says whether it has pgvector. */
export interface RealPostgres {
  readonly url: string
  readonly vector: boolean
  stop(): Promise<void>
}

interface User {
  readonly uid: number
  readonly gid: number
}

const versions = '/usr/lib/postgresql'

function findBinaries(): string | undefined {
  const newest = existsSync(versions) ? readdirSync(versions).sort((a, b) => Number(b) - Number(a)) : []
  return newest.map((version) => join(versions, version, 'bin')).find((folder) => existsSync(join(folder, 'initdb')))
}

/** PostgreSQL refuses to run as root, so root lends it another user of this machine. */
function otherUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined
  const name = ['postgres', 'nobody'].find((candidate) => spawnSync('id', [candidate]).status === 0) ?? 'nobody'
  const idOf = (flag: string): number => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }))
  return { uid: idOf('-u'), gid: idOf('-g') }
}

function startServer(binaries: string, port: number): GuardedProcess {
  const user = otherUser()
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-postgres-'))
  if (user !== undefined) chownSync(folder, user.uid, user.gid)
  const data = join(folder, 'data')
  const init = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']
  execFileSync(join(binaries, 'initdb'), init, { cwd: folder, stdio: 'pipe', ...user })
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${folder}`,
    'fsync=off',
    'max_connections=100',
  ]
  const command = [join(binaries, 'postgres'), '-D', data, ...settings.flatMap((setting) => ['-c', setting])]
  return startGuarded({ command, folder, signal: 'INT', ...(user && { user }) })
}

/**
 * A database of its own: on the server that the test run has started (LOCKSTEP_TEST_POSTGRES), else on a private one;
 * undefined where PostgreSQL is not on this machine.
 */
export async function startRealPostgres(): Promise<RealPostgres | undefined> {
  const shared = process.env['LOCKSTEP_TEST_POSTGRES']
  if (shared !== undefined && shared !== '') return createDatabase(shared)
  const binaries = findBinaries()
  if (binaries === undefined) return undefined
  const port = await freePort()
  const server = startServer(binaries, port)
  await untilListening(server, port)
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  await untilReady(url)
  return { url, vector: await hasVector(url), stop: server.stop }
}

/** It listens before it has recovered: 57P03 until then. */
async function untilReady(url: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await ask(url, 'select 1')
      return
    } catch (error) {
      if (tries > 200 || !(error instanceof pg.DatabaseError && error.code === '57P03')) throw error
      await sleep(50)
    }
  }
}

async function createDatabase(server: string): Promise<RealPostgres> {
  const name = `lockstep_test_${randomBytes(6).toString('hex')}`
  await ask(server, `create database ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  const stop = async (): Promise<void> => void (await ask(server, `drop database ${name} with (force)`))
  return { url: url.href, vector: await hasVector(url.href), stop }
}

async function hasVector(url: string): Promise<boolean> {
  return (await ask(url, "select 1 from pg_available_extensions where name = 'vector'")) > 0
}

async function ask(url: string, sql: string): Promise<number> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query(sql)).rowCount ?? 0
  } finally {
    await client.end()
  }
}
