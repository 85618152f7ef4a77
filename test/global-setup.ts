import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureCluster } from './stores/new-cluster.ts'
import { startOfficialEmulator } from './stores/official-emulator.ts'
import { startRealPostgres } from './stores/real-postgres.ts'

const bouncers = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer', '/usr/local/bin/pgbouncer']

function tell(store: string, found: string | undefined): void {
  console.log(`${found === undefined ? 'not found' : 'found    '}  ${store}${found === undefined ? '' : `: ${found}`}`)
}

const house = fileURLToPath(new URL('..', import.meta.url))

/** Builds dist/, which the tests of the command line start, where a source is newer than it. */
function ensureBuilt(): void {
  const sources = readdirSync(join(house, 'src'), { recursive: true, encoding: 'utf8' }).filter(
    (path) => !path.endsWith('.test.ts'),
  )
  const newest = Math.max(...sources.map((path) => statSync(join(house, 'src', path)).mtimeMs))
  const built = statSync(join(house, 'dist/main.js'), { throwIfNoEntry: false })?.mtimeMs ?? 0
  if (built > newest) return
  console.log('building   dist/, which is older than src/')
  const { status, stdout } = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: house, encoding: 'utf8' })
  if (status !== 0) throw new Error(`dist/ cannot be built:\n${stdout}`)
}

/**
 * Builds what is to be tested, and starts each real store of this machine once for the whole run and leaves its address in the environment, where the
 * helpers of `test/stores` find it. Only the whole run asks for it (LOCKSTEP_TEST_STORES=once): a single file starts
 * the stores that it needs.
 */
export async function setup(): Promise<() => Promise<void>> {
  ensureBuilt()
  await ensureCluster()
  if (process.env['LOCKSTEP_TEST_STORES'] !== 'once') return async () => {}
  const starting = [startOfficialEmulator(), startRealPostgres()] as const
  const stop = async (): Promise<void> => {
    for (const store of await Promise.allSettled(starting)) {
      if (store.status === 'fulfilled') await store.value?.stop()
    }
  }
  const [emulator, postgres] = await Promise.all(starting).catch(async (error: unknown) => {
    await stop()
    throw error
  })
  if (emulator !== undefined) process.env['LOCKSTEP_TEST_EMULATOR'] = emulator.host
  if (postgres !== undefined) process.env['LOCKSTEP_TEST_POSTGRES'] = postgres.url
  tell('official Firestore emulator', emulator?.host)
  tell('PostgreSQL server', postgres?.url)
  tell('pgvector', postgres?.vector === true ? 'in that server' : undefined)
  tell(
    'PgBouncer',
    bouncers.find((path) => existsSync(path)),
  )
  return stop
}
