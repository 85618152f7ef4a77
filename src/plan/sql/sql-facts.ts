import type { Script } from '../../sql/script.ts'

/** What is known of the server that the SQL is for. */
export interface SqlFacts {
  /** As in `server_version_num`, 150008; undefined where nobody says. */
  readonly serverVersion: number | undefined
  /** Estimated rows of a table by its full name; undefined where no database was asked. */
  readonly rows: (table: string) => number | undefined
  /** The columns of a table by its full name, of interest to rules about functions; undefined where they are not known. */
  readonly columns: (table: string) => ReadonlySet<string> | undefined
  /** Whether an API serves the schema public to the roles anon and authenticated, as on Supabase; undefined: as the text says. */
  readonly api: boolean | undefined
}

/** Nothing is known but the text. */
export const noSqlFacts: SqlFacts = Object.freeze({
  serverVersion: undefined,
  rows: () => undefined,
  columns: () => undefined,
  api: undefined,
})

/** Below this many rows a scan or a rewrite is over before anybody waits. */
export const smallTable = 10_000

/** The server's version as a whole number, 14; without one, the oldest that Lockstep is tested on. */
export function majorVersion({ serverVersion }: SqlFacts): number {
  return serverVersion === undefined ? 15 : Math.floor(serverVersion / 10_000)
}

/** `14.2`, `15` or `150008` as in `server_version_num`; undefined where it is none. */
export function parseServerVersion(text: string): number | undefined {
  const [all, major = '', minor] = /^(\d{1,2})(?:\.(\d{1,2}))?$/.exec(text) ?? []
  if (all !== undefined) return Number(major) * 10_000 + Number(minor ?? (Number(major) === 14 ? 99 : 0))
  return /^\d{6}$/.test(text) ? Number(text) : undefined
}

/** Whether the tables of the schema public are served by an API to strangers. */
export function isServed({ facts, script }: { readonly facts: SqlFacts; readonly script: Script }): boolean {
  if (facts.api !== undefined) return facts.api
  if (/(^|[\\/])supabase[\\/]/.test(script.source.file ?? '')) return true
  return script.tokens.some(
    ({ kind, text }) => kind === 'identifier' && /^(anon|authenticated|service_role)$/.test(text),
  )
}
