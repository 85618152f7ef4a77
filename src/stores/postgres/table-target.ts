import { createHash } from 'node:crypto'
import type { ClientBase } from 'pg'
import { sqlState } from '../tables.ts'
import type { TableTarget } from '../tables.ts'

interface Identity {
  readonly database: string
  readonly oid: string
  readonly user: string
  readonly version: string
  readonly banner: string
}

/** Asks a server who it is. `engine` is `pglite` also when PGlite is reached over a socket. */
export async function loadTableTarget(
  client: ClientBase,
  place: { readonly host: string; readonly port: number | undefined },
): Promise<TableTarget> {
  const { rows } = await client.query<Identity>(
    `SELECT current_database()::text AS database, d.oid::text AS oid, current_user::text AS "user",
            current_setting('server_version_num') AS version, version() AS banner
     FROM pg_catalog.pg_database d WHERE d.datname = current_database()`,
  )
  const identity = rows[0]
  if (identity === undefined) throw new Error('the server does not list the database it is connected to')
  const system = (await loadSystemIdentifier(client)) ?? `${place.host}:${place.port ?? ''}`
  return Object.freeze({
    host: place.host,
    port: place.port,
    database: identity.database,
    user: identity.user,
    engine: identity.banner.includes('PGlite') ? 'pglite' : 'postgres',
    serverVersion: Number(identity.version),
    fingerprint: createHash('sha256')
      .update(`${system}\n${identity.oid}\n${identity.database}`)
      .digest('hex')
      .slice(0, 32),
  })
}

/** Set once by initdb, so it tells two servers with equal names apart; some hosts deny it. */
async function loadSystemIdentifier(client: ClientBase): Promise<string | undefined> {
  try {
    const { rows } = await client.query<{ id: string }>('SELECT system_identifier::text AS id FROM pg_control_system()')
    return rows[0]?.id
  } catch (error) {
    if (sqlState(error) === '42501' || sqlState(error) === '42883') return undefined
    throw error
  }
}
