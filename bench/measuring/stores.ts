import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { startOfficialEmulator } from '../../test/stores/official-emulator.ts'
import { startRealPostgres } from '../../test/stores/real-postgres.ts'
import type { RealPostgres } from '../../test/stores/real-postgres.ts'

export interface BenchStores {
  /** host:port of the Firestore server. */
  readonly host: string
  /** An empty database, or a copy of another one of the same server. */
  createDatabase(template?: string): Promise<{ readonly url: string; readonly name: string; drop(): Promise<void> }>
  stop(): Promise<void>
}

/** Gigabytes: with 2 it answers nothing any more after some twenty contenders. */
const heapOfEmulator = 10

/** The official emulator and a PostgreSQL server of our own. Throws where one of them is not on this machine. */
export async function startStores(): Promise<BenchStores> {
  const emulator = await startOfficialEmulator(heapOfEmulator)
  const postgres = await startRealPostgres()
  if (emulator === undefined || postgres === undefined) {
    throw new Error('this benchmark needs the Firestore emulator, Java and PostgreSQL: see .ci/stores')
  }
  return storesOn(postgres, emulator)
}

const localServer = fileURLToPath(new URL('../contenders/local-firestore.mjs', import.meta.url))

/** PostgreSQL with default settings, fsync apart, and our own local Firestore for the little that a fleet needs of it. */
export async function startFleetStores(): Promise<BenchStores> {
  const postgres = await startRealPostgres()
  if (postgres === undefined) throw new Error('this benchmark needs PostgreSQL: see .ci/stores')
  const server = spawn(process.execPath, [localServer], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [host] = (await once(createInterface(server.stdout), 'line')) as [string]
  const stop = async (): Promise<void> => void server.kill()
  return storesOn(postgres, { host, stop })
}

function storesOn(postgres: RealPostgres, firestore: { readonly host: string; stop(): Promise<void> }): BenchStores {
  const ask = (sql: string): Promise<void> => runSql(postgres.url, sql)
  return {
    host: firestore.host,
    async createDatabase(template) {
      const name = `bench_${randomBytes(4).toString('hex')}`
      await ask(`create database ${name}${template === undefined ? '' : ` template ${template} strategy file_copy`}`)
      const url = new URL(postgres.url)
      url.pathname = `/${name}`
      return { url: url.href, name, drop: () => ask(`drop database ${name} with (force)`) }
    },
    async stop() {
      await firestore.stop()
      await postgres.stop()
    },
  }
}

/** Several statements on a connection of their own. */
export async function runSql(url: string, sql: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
