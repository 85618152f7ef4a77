import { serverMessage, cString, parameterStatus } from '../../stores/pglite/server-messages.ts'
import { ServerComplaint, askWith, executePrepared, fieldOf } from './engine.ts'
import type { Engine } from './engine.ts'

/** Settings by name, as `pg_settings` shows those that a session changed. */
export type Settings = ReadonlyMap<string, string>

/** Settings that clients are told of, at login and when they change. */
const reportedNames = [
  'server_version',
  'server_encoding',
  'client_encoding',
  'application_name',
  'default_transaction_read_only',
  'in_hot_standby',
  'is_superuser',
  'session_authorization',
  'DateStyle',
  'IntervalStyle',
  'TimeZone',
  'integer_datetimes',
  'standard_conforming_strings',
  'scram_iterations',
  'search_path',
] as const

/** The session as it was before its first owner, and the statement that brings it back there. */
export interface Baseline {
  readonly database: string
  readonly user: string
  readonly reset: string
}

/** To be asked once, before any client came. */
export async function loadBaseline(engine: Engine): Promise<Baseline> {
  const [row] = await engine.ask(
    "SELECT current_database(), current_setting('role'), quote_ident(current_setting('role')), session_user",
  )
  const role = row?.[1] === 'none' ? '' : `; SET ROLE ${row?.[2] ?? 'none'}`
  return {
    database: row?.[0] ?? 'postgres',
    user: row?.[3] ?? 'postgres',
    reset: `SET SESSION AUTHORIZATION DEFAULT; RESET ALL${role}`,
  }
}

/**
 * What the owner changed and not yet changed back. Postgres lists neither roles nor settings that an application made
 * up: these are asked for by name.
 */
export async function loadSettings(
  engine: Engine,
  baseline: Baseline,
  customNames: ReadonlySet<string>,
): Promise<Settings> {
  const listed = await engine.ask(
    "SELECT name, setting FROM pg_settings WHERE source = 'session' AND name NOT LIKE 'transaction\\_%'",
  )
  const custom = [...customNames].map((name) => `(${quote(name)}, current_setting(${quote(name)}, true))`)
  // Roles last: after them others might be refused.
  const roles = [
    `('session_authorization', nullif(session_user::text, ${quote(baseline.user)}))`,
    `('role', nullif(current_setting('role'), 'none'))`,
  ]
  const asked = await engine.ask(
    [...custom, ...roles]
      .map((pair) => `SELECT * FROM (VALUES ${pair}) AS asked (name, value) WHERE value <> ''`)
      .join('; '),
  )
  return new Map([...listed, ...asked].map(([name, value]) => [name ?? '', value ?? '']))
}

/** Names with a dot in a text that sets something: an application's own settings, and others that do not matter. */
export function customSettingNames(sql: string): readonly string[] {
  return /\bset(_config)?\b/i.test(sql) ? (sql.match(/[A-Za-z_][\w$]*(?:\.[A-Za-z_][\w$]*)+/g) ?? []) : []
}

/** Sets what a client had set, in the order of `settings`. */
export async function applySettings(engine: Engine, settings: Settings): Promise<void> {
  if (settings.size === 0) return
  const calls = [...settings].map(([name, value]) => `pg_catalog.set_config(${quote(name)}, ${quote(value)}, false)`)
  await engine.ask(calls.map((call) => `SELECT ${call}`).join('; '))
}

/** The values clients are told of that differ from what this client was told; `told` is brought up to date. */
export async function reportSettings(engine: Engine, told: Map<string, string>): Promise<readonly Buffer[]> {
  const rows = await engine.ask(
    `SELECT ${reportedNames.map((name) => `current_setting(${quote(name)}, true)`).join(', ')}`,
  )
  const changed = reportedNames.flatMap((name, at) => {
    const value = rows[0]?.[at] ?? ''
    return told.get(name) === value ? [] : [[name, value] as const]
  })
  changed.forEach(([name, value]) => told.set(name, value))
  return changed.map(([name, value]) => parameterStatus(name, value))
}

const probe = 'lockstep_pins'
const probeSql = `SELECT
  CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_lock_status() WHERE locktype = 'advisory') THEN 'session-level advisory locks' END,
  CASE WHEN pg_catalog.pg_my_temp_schema() <> 0 AND EXISTS (SELECT FROM pg_catalog.pg_class
    WHERE relnamespace = pg_catalog.pg_my_temp_schema()) THEN 'temporary tables' END,
  CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_cursor() WHERE is_holdable) THEN 'cursors WITH HOLD' END,
  CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_prepared_statement() WHERE from_sql) THEN 'statements prepared with PREPARE' END`

/** What the owner has in the session, outside of any transaction, that nobody else may meet; empty is nothing. */
export async function loadPins(engine: Engine): Promise<readonly string[]> {
  const rows = await askProbe(engine)
  return (rows[0] ?? []).filter((pin) => pin !== null)
}

async function askProbe(engine: Engine): Promise<readonly (readonly (string | null)[])[]> {
  try {
    if (engine.statements.has(probe)) return await askWith(engine.run, executePrepared(probe))
  } catch (error) {
    // Someone ran DEALLOCATE ALL where we could not see it.
    if (!(error instanceof ServerComplaint && fieldOf(error.response, 'C') === '26000')) throw error
  }
  engine.statements.add(probe)
  const parse = serverMessage('P', cString(probe), cString(probeSql), Buffer.alloc(2))
  return askWith(engine.run, Buffer.concat([parse, executePrepared(probe)]))
}

function quote(text: string): string {
  return `${text.includes('\\') ? ' E' : ''}'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
}
