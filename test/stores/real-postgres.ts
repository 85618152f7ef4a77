import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { findPostgresBinaries } from '../../src/local/postgres/system-binaries.ts'
import { createSystemPostgres } from '../../src/local/postgres/system-server.ts'

/** A PostgreSQL server with an empty database; `vector` says whether it has pgvector. */
export interface RealPostgres {
  readonly url: string
  readonly vector: boolean
  stop(): Promise<void>
}

/**
 * A database of its own: on the server that the test run has started (LOCKSTEP_TEST_POSTGRES), else on a private one;
 * undefined where PostgreSQL is not on this machine.
 */
export async function startRealPostgres(): Promise<RealPostgres | undefined> {
  const shared = process.env['LOCKSTEP_TEST_POSTGRES']
  if (shared !== undefined && shared !== '') return createDatabase(shared)
  const binaries = findPostgresBinaries()
  if (binaries === undefined) return undefined
  const server = await createSystemPostgres({ binaries, settings: { max_connections: '100' } })
  return { url: server.url, vector: server.vector, stop: server.close }
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
