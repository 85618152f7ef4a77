import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A throw-away Postgres server on a free loopback port, with one superuser and no password. */
export interface PostgresServer {
  readonly url: string
  /** Every connection is cut, nothing is flushed in an orderly way. */
  crash(): Promise<void>
  /** After a crash; resolves when it recovered. */
  start(): Promise<void>
  stop(): Promise<void>
}

const root = '/usr/lib/postgresql'
const user = 'engine_test'

/** The newest installed server's binaries, if there are any. */
export async function findPostgresBinaries(): Promise<string | undefined> {
  if (!existsSync(root)) return undefined
  const versions = (await readdir(root)).toSorted((a, b) => Number(b) - Number(a))
  return versions.map((version) => join(root, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')))
}

export async function startPostgres(bin: string): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-pg-'))
  const owner = await unprivileged()
  if (owner) await chown(folder, owner.uid, owner.gid)
  const data = join(folder, 'data')
  const port = await freePort()
  const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${folder} -c fsync=off`
  const tool = (name: string, ...args: string[]) => run(join(bin, name), args, { ...owner, cwd: folder })
  const control = (...args: string[]) => tool('pg_ctl', '-D', data, '-w', '-l', join(folder, 'log'), ...args)
  await tool('initdb', '-D', data, '-U', user, '-A', 'trust', '--no-sync')
  const start = async (): Promise<void> => void (await control('-o', options, 'start'))
  const crash = async (): Promise<void> => void (await control('-m', 'immediate', 'stop'))
  await start()
  return {
    url: `postgres://${user}@127.0.0.1:${port}/postgres`,
    start,
    crash,
    async stop() {
      await crash()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Postgres refuses to run as root. */
async function unprivileged(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const id = async (flag: string): Promise<number> => Number((await run('id', [flag, 'nobody'])).stdout)
  return { uid: await id('-u'), gid: await id('-g') }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
