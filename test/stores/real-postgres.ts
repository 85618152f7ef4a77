import { execFileSync, spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

function hasVector(binaries: string): boolean {
  const share = execFileSync(join(binaries, 'pg_config'), ['--sharedir'], { encoding: 'utf8' }).trim()
  return existsSync(join(share, 'extension/vector.control'))
}

function startServer(binaries: string, port: number): GuardedProcess {
  const user = otherUser()
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-postgres-'))
  if (user !== undefined) chownSync(folder, user.uid, user.gid)
  const data = join(folder, 'data')
  const init = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']
  execFileSync(join(binaries, 'initdb'), init, { cwd: folder, stdio: 'pipe', ...user })
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`, 'fsync=off']
  const command = [join(binaries, 'postgres'), '-D', data, ...settings.flatMap((setting) => ['-c', setting])]
  return startGuarded({ command, folder, signal: 'INT', ...(user && { user }) })
}

/**
 * The server that the test run has started (LOCKSTEP_TEST_POSTGRES), else one of our own with a private folder;
 * undefined where PostgreSQL is not on this machine.
 */
export async function startRealPostgres(): Promise<RealPostgres | undefined> {
  const binaries = findBinaries()
  const shared = process.env['LOCKSTEP_TEST_POSTGRES']
  if (binaries === undefined) return undefined
  if (shared !== undefined) return { url: shared, vector: hasVector(binaries), stop: async () => {} }
  const port = await freePort()
  const server = startServer(binaries, port)
  await untilListening(server, port)
  return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, vector: hasVector(binaries), stop: server.stop }
}
