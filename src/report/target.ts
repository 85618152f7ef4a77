import type { Target } from '../plan/plan.ts'
import type { Screen } from './paint.ts'
import { hangParts } from './text-layout.ts'

/** What a target is, in the word every command begins with. */
export function targetWord({ kind }: Target): 'PRODUCTION' | 'STAGING' | 'LOCAL' {
  switch (kind) {
    case 'production':
      return 'PRODUCTION'
    case 'staging':
      return 'STAGING'
    case 'local':
      return 'LOCAL'
  }
}

/** The line that names the target before anything else is said: kind, both stores, server version; no secrets. */
export function renderTarget(target: Target, { width, paint }: Screen): string {
  const word = targetWord(target)
  const { firestore, postgres, environment } = target
  const emulator = firestore.emulator === null ? '' : ` on emulator ${firestore.emulator}`
  const name = environment === target.kind ? [] : [`environment ${environment}`]
  const parts = [
    ...name,
    `firestore ${firestore.project}/${firestore.database}${emulator}`,
    `postgres ${printPostgres(target)}, ${postgres.engine === 'pglite' ? 'PGlite' : 'PostgreSQL'} ${printServerVersion(postgres.version)}`,
  ]
  const [first = '', ...rest] = hangParts(`${word}  `, parts, width)
  const painted = target.kind === 'production' ? paint.bold(paint.red(word)) : paint.bold(word)
  return [painted + first.slice(word.length), ...rest].join('\n')
}

/** `user@host:port/database` */
export function printPostgres({ postgres }: Target): string {
  const { user, host, port, database, engine } = postgres
  if (engine === 'pglite' && port === null) return host
  const bare = host.includes(':') ? `[${host}]` : host
  return `${user}@${bare}${port === null ? '' : `:${port}`}/${database}`
}

/** 150008 is 15.8 */
export function printServerVersion(version: number): string {
  return `${Math.floor(version / 10_000)}.${version % 10_000}`
}
