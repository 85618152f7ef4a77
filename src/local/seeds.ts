import { spawn } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { LockstepError } from '../kernel/errors.ts'
import { createPostgresTables } from '../stores/postgres/postgres-tables.ts'
import { saidBy } from '../stores/tables.ts'

type Variables = Readonly<Record<string, string>>

/** Where programs run: what they find set, who hears them, and what ends them early. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv
  readonly stderr: NodeJS.WritableStream
  /** Calls `handler` when the user interrupts, until the returned function is called. */
  readonly onInterrupt: (handler: () => void) => () => void
}

/** What a folder's seeds are called; each that is there is used, in this order. */
const usualNames = ['seed.sql', 'seed.ts', 'seed.mts', 'seed.js', 'seed.mjs', 'bin/seed.mjs']

/**
 * The seeds that a path stands for: a file of SQL, a program in JavaScript or TypeScript, or the `seed.*` of a folder.
 * Throws LS-1009 where there is none.
 */
export function findSeeds(folder: string, path: string): readonly string[] {
  const place = resolve(folder, path)
  if (!existsSync(place))
    throw noSeed(place, 'it does not exist', 'check the path: it counts from the folder you are in')
  if (!statSync(place).isDirectory()) {
    if (/\.(?:sql|[cm]?[jt]s)$/.test(place)) return [place]
    throw noSeed(place, 'it is neither SQL nor a program for Node', 'name a file that ends in .sql, .js, .mjs or .ts')
  }
  const found = usualNames.map((name) => join(place, name)).filter((file) => existsSync(file))
  if (found.length > 0) return found
  throw noSeed(place, `it has none of ${usualNames.join(', ')}`, 'name the file itself')
}

/**
 * Fills the stores from one seed: SQL runs in Postgres as one transaction, a program with the variables of the stores set,
 * its output on stderr. Throws LS-1009 where it fails.
 */
export async function sow(around: Surroundings, seed: string, variables: Variables): Promise<void> {
  await (seed.endsWith('.sql') ? runSql(seed, variables) : runProgram(around, seed, variables))
}

async function runSql(file: string, { DATABASE_URL: url }: Variables): Promise<void> {
  if (url === undefined) throw noSeed(file, 'no Postgres is started', 'leave out --only firestore')
  const tables = await createPostgresTables({ url, applicationName: 'lockstep local', poolSize: 1 })
  try {
    await tables.transaction((q) => q.script(readFileSync(file, 'utf8')), { statementTimeout: 3_600_000 })
  } catch (error) {
    throw noSeed(file, saidBy(error), 'mend the SQL: nothing of it was kept', error)
  } finally {
    await tables.close()
  }
}

async function runProgram(
  { env, stderr, onInterrupt }: Surroundings,
  file: string,
  variables: Variables,
): Promise<void> {
  const typed = /\.[cm]?ts$/.test(file)
  const loader = typed ? ['--import', import.meta.resolve('jiti/register')] : []
  const child = spawn(process.execPath, [...loader, file], {
    env: { ...env, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => stderr.write(String(chunk)))
  const forget = onInterrupt(() => child.kill('SIGTERM'))
  const code = await new Promise<number | null>((done, fail) => {
    child.once('error', fail)
    child.once('close', done)
  }).finally(forget)
  if (code !== 0) throw noSeed(file, `it ended with ${code ?? 'a signal'}`, 'mend the program')
}

function noSeed(file: string, why: string, hint: string, cause?: unknown): LockstepError {
  return new LockstepError('LS-1009', `the stores cannot be filled from ${file}: ${why}`, {
    where: { name: '--seed' },
    hint,
    cause,
  })
}
