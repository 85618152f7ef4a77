import { parseArgs } from 'node:util'
import { LockstepError, toLockstepError } from '../../../src/kernel/errors.ts'
import { seedFirestore } from './seed-firestore.ts'
import { seedPostgres } from './seed-postgres.ts'

const usage = `node bin/seed.mjs [options]

Fills both stores: Firestore at FIRESTORE_EMULATOR_HOST (project GOOGLE_CLOUD_PROJECT), Postgres at DATABASE_URL,
where it makes the app's tables and functions first (sql/schema.sql) if they are not there.

  --seed TEXT              the same text gives the same data            (chatmimic)
  --tenants N              tenants                                      (300)
  --documents N            documents in all                             (by the averages)
  --chats N                chats a tenant, average                      (20)
  --messages N             messages a chat, average                     (10)
  --embeddings N           embeddings a tenant, average                 (20)
  --connections N          Postgres connections                         (1)
  --only firestore|postgres
  --no-embeddings-index    tables without their ivfflat index (1.6 MB each), made plainly, not by the app's function
`

/** `bin/seed.mjs`: seeds from arguments and environment, prints what was written as JSON. Resolves to the exit code. */
export const seedCommand = (args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> =>
  exitCodeOf(() => seed(args, env))

/** The exit code of a command; a failure is told on stderr, with what to do about it. */
export async function exitCodeOf(command: () => Promise<number>): Promise<number> {
  try {
    return await command()
  } catch (thrown) {
    const error = toLockstepError(thrown)
    process.stderr.write(
      `error[${error.code}] ${error.message}${error.hint === undefined ? '' : `\n  ${error.hint}`}\n`,
    )
    return error.exit
  }
}

async function seed(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: argumentOptions, allowNegative: true })
  if (values.help) {
    process.stdout.write(usage)
    return 0
  }
  const options = {
    seed: values.seed,
    tenants: whole('tenants', values.tenants) ?? 300,
    documents: whole('documents', values.documents),
    chatsPerTenant: whole('chats', values.chats),
    messagesPerChat: whole('messages', values.messages),
    embeddingsPerTenant: whole('embeddings', values.embeddings),
    embeddingsIndex: values['embeddings-index'],
    connections: whole('connections', values.connections),
  }
  const started = Date.now()
  const [documents, tenants] = await Promise.all([
    values.only === 'postgres' ? 0 : seedFirestore({ ...options, ...firestorePlace(env) }),
    values.only === 'firestore' ? 0 : seedPostgres({ ...options, url: required(env, 'DATABASE_URL') }),
  ])
  process.stdout.write(`${JSON.stringify({ documents, tenants, seconds: (Date.now() - started) / 1000 })}\n`)
  return 0
}

const argumentOptions = {
  help: { type: 'boolean', default: false },
  seed: { type: 'string', default: 'chatmimic' },
  tenants: { type: 'string' },
  documents: { type: 'string' },
  chats: { type: 'string' },
  messages: { type: 'string' },
  embeddings: { type: 'string' },
  connections: { type: 'string' },
  only: { type: 'string' },
  'embeddings-index': { type: 'boolean', default: true },
} as const

const firestorePlace = (env: NodeJS.ProcessEnv): { projectId: string; emulatorHost: string } => ({
  projectId: env['GOOGLE_CLOUD_PROJECT'] ?? 'demo-chatmimic',
  emulatorHost: required(env, 'FIRESTORE_EMULATOR_HOST'),
})

/** The value of an environment variable; LS-1007 where it is not set. */
export function required(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name]
  if (value) return value
  throw new LockstepError('LS-1007', `${name} is not set`, { hint: `start the store and set ${name}` })
}

/** A whole number of an option, or undefined where it was not given; LS-1007 for anything else. */
export function whole(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  if (/^\d{1,9}$/.test(value)) return Number(value)
  throw new LockstepError('LS-1007', `--${name} takes a whole number, not "${value}"`)
}
