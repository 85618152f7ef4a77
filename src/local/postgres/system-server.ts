import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { LockstepError } from '../../kernel/errors.ts'
import { createPostgresTables } from '../../stores/postgres/postgres-tables.ts'
import { freePort, startGuarded, untilListening } from '../guarded-process.ts'
import type { GuardedProcess } from '../guarded-process.ts'
import { findPostgresBinaries } from './system-binaries.ts'

export interface SystemPostgresOptions {
  /** Port of 127.0.0.1; 0, the default, takes a free one. */
  readonly port?: number
  /** Where the data is kept, flushed to the disk as usual; without it in a folder that goes when the server does. */
  readonly folder?: string
  /** More settings of the server, as in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>
  /** The folder of the server's programs; looked for without it. */
  readonly binaries?: string
}

export interface SystemPostgres {
  readonly url: string
  /** As the server tells it, such as `15.20`. */
  readonly version: string
  /** True where pgvector can be installed in its databases. */
  readonly vector: boolean
  /** Ends all clients and the server. */
  close(): Promise<void>
}

interface Place {
  readonly folder: string
  readonly data: string
  readonly password: string
  readonly kept: boolean
}

/**
 * A PostgreSQL of this machine on 127.0.0.1 with a data folder of its own, which ends with this process, kill -9
 * included. Its superuser `postgres` has a password of its own making, kept beside the data with mode 0600.
 *
 * Throws LS-3008 where no server programs are found, or where they do not start; LS-3006 where another server has the
 * folder.
 */
export async function createSystemPostgres(options: SystemPostgresOptions = {}): Promise<SystemPostgres> {
  const binaries = options.binaries ?? findPostgresBinaries()
  if (binaries === undefined)
    throw new LockstepError('LS-3008', 'no PostgreSQL server is installed on this machine', {
      where: { name: '--postgres system' },
      hint: 'install one, e.g. "apt install postgresql" or "brew install postgresql@17", or leave the option out',
    })
  const port = options.port === undefined || options.port === 0 ? await freePort() : options.port
  const user = otherUser()
  const place = preparePlace(binaries, options.folder, user)
  const server = startServer(binaries, place, { port, user, settings: options.settings ?? {} })
  try {
    await untilListening(server, port)
    const url = `postgres://postgres:${place.password}@127.0.0.1:${port}/postgres`
    return Object.freeze({ url, ...(await examine(url)), close: server.stop })
  } catch (error) {
    await server.stop()
    throw startFailure(error, server.output(), place)
  }
}

interface User {
  readonly uid: number
  readonly gid: number
}

/** PostgreSQL refuses to run as root, so root lends it another user of this machine. */
function otherUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined
  const name = spawnSync('id', ['postgres']).status === 0 ? 'postgres' : 'nobody'
  const idOf = (flag: string): number => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }))
  return { uid: idOf('-u'), gid: idOf('-g') }
}

function preparePlace(binaries: string, wanted: string | undefined, user: User | undefined): Place {
  const kept = wanted !== undefined
  const folder = wanted === undefined ? mkdtempSync(join(tmpdir(), 'lockstep-postgres-')) : resolve(wanted)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (user !== undefined) chownSync(folder, user.uid, user.gid)
  const [data, file] = [join(folder, 'data'), join(folder, 'password')]
  if (existsSync(join(data, 'PG_VERSION'))) return { folder, data, password: readFileSync(file, 'utf8').trim(), kept }
  const password = randomBytes(18).toString('base64url')
  writeFileSync(file, `${password}\n`, { mode: 0o600 })
  if (user !== undefined) chownSync(file, user.uid, user.gid)
  const how = ['-U', 'postgres', '-A', 'scram-sha-256', `--pwfile=${file}`, '-E', 'UTF8', '--locale=C']
  try {
    const args = ['-D', data, ...how, ...(kept ? [] : ['--no-sync'])]
    execFileSync(join(binaries, 'initdb'), args, { cwd: folder, stdio: 'pipe', ...user })
  } catch (error) {
    rmSync(kept ? data : folder, { recursive: true, force: true })
    throw startFailure(error, error instanceof Error ? error.message : '', { folder, data, password, kept })
  }
  return { folder, data, password, kept }
}

interface Starting {
  readonly port: number
  readonly user: User | undefined
  readonly settings: Readonly<Record<string, string>>
}

function startServer(binaries: string, place: Place, { port, user, settings }: Starting): GuardedProcess {
  const all: Readonly<Record<string, string>> = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    // The socket's path has a length limit that a user's folder may pass.
    unix_socket_directories: '',
    ...(place.kept ? {} : { fsync: 'off' }),
    ...settings,
  }
  const command = [join(binaries, 'postgres'), '-D', place.data]
  const given = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const { folder, kept } = place
  return startGuarded({ command: [...command, ...given], folder, kept, signal: 'INT', ...(user && { user }) })
}

/** What the server is; it listens before it has recovered and answers 57P03 until then. */
async function examine(url: string): Promise<Pick<SystemPostgres, 'version' | 'vector'>> {
  for (let tries = 0; ; tries++) {
    try {
      const tables = await createPostgresTables({ url, applicationName: 'lockstep local', poolSize: 1 })
      try {
        const [row] = await tables.read((q) =>
          q.query<{ version: string; vector: boolean }>(
            `select split_part(current_setting('server_version'), ' ', 1) as version,
               exists (select from pg_available_extensions where name = 'vector') as vector`,
          ),
        )
        return { version: row?.version ?? 'unknown', vector: row?.vector ?? false }
      } finally {
        await tables.close()
      }
    } catch (error) {
      if (tries > 200 || !isRecovering(error)) throw error
      await sleep(50)
    }
  }
}

function isRecovering(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if ('code' in error && error.code === '57P03') return true
  return isRecovering(error.cause)
}

function startFailure(error: unknown, output: string, { folder }: Place): LockstepError {
  const said = output.trim().split('\n').at(-1) ?? ''
  if (output.includes('postmaster.pid'))
    return new LockstepError('LS-3006', `another PostgreSQL server has the data in ${folder}`, {
      where: { name: folder },
      why: said,
      hint: 'end the other one, or name another folder',
      cause: error,
    })
  return new LockstepError('LS-3008', 'the PostgreSQL server of this machine does not start', {
    where: { name: folder },
    why: said === '' && error instanceof Error ? error.message : said,
    hint: output.includes('Permission denied')
      ? 'run it as a user who may use that folder (root lends the server another user), or name another folder'
      : 'mend what it says, or use the embedded one: leave out --postgres system',
    cause: error,
  })
}
