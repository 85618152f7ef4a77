import { chooseEnvironment, loadConfig } from '../../config.ts'
import type { ChosenEnvironment, LoadedConfig } from '../../config.ts'
import type { LockstepError } from '../../kernel/errors.ts'
import { toLockstepError } from '../../kernel/errors.ts'
import type { Migrator } from '../../migrator.ts'
import type { Target } from '../../plan/plan.ts'
import { renderDoctor } from '../../report/doctor.ts'
import type { Check, Setting } from '../../report/doctor.ts'
import { printCount, printCounted } from '../../report/figures.ts'
import type { StatusRow } from '../../report/status.ts'
import { printPostgres, printServerVersion } from '../../report/target.ts'
import { ownFolder } from '../../version.ts'
import type { Cli } from '../cli.ts'
import { installedVersion } from '../installed-version.ts'
import { shownSettings } from '../settings-shown.ts'
import { withMigrator } from '../session.ts'

/** `lockstep doctor`: looks at everything a run needs, goes on after a problem, and ends with 1 when there was one. */
export async function doctor(cli: Cli): Promise<number> {
  const checks: Check[] = [checkNode(process.versions.node)]
  const settings: Setting[] = []
  const configured = await attempt(checks, 'configuration', () => configure(cli))
  if (configured !== undefined) {
    const { loaded, environment } = configured
    settings.push(...shownSettings(cli, loaded, environment))
    checks.push(ok('configuration', `${loaded.file} is valid`), ...checkPackages(loaded, environment))
    await attempt(checks, 'stores', () =>
      withMigrator(cli, {}, async (migrator) => void checks.push(...(await checkStores(migrator)))),
    )
  } else
    checks.push({
      name: 'stores',
      status: 'skipped',
      detail: 'without a configuration nobody knows where they are',
      hint: null,
    })
  const good = checks.every(({ status }) => status !== 'problem')
  const report = { formatVersion: 1 as const, ok: good, checks, settings }
  if (cli.format === 'json') cli.printJson(report)
  else cli.print(renderDoctor(report, cli.payload))
  return good ? 0 : 1
}

const ok = (name: string, detail: string): Check => ({ name, status: 'ok', detail, hint: null })

async function attempt<T>(checks: Check[], name: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    const known = toLockstepError(error)
    checks.push(...[known, ...known.also].map((each) => problemOf(name, each)))
    return undefined
  }
}

function problemOf(name: string, { code, message, why, hint }: LockstepError): Check {
  return {
    name,
    status: 'problem',
    detail: `${code}: ${message}${why === undefined ? '' : `; ${why}`}`,
    hint: hint ?? null,
  }
}

async function configure({
  folder,
  configFile,
  environment,
  world,
}: Cli): Promise<{ readonly loaded: LoadedConfig; readonly environment: ChosenEnvironment }> {
  const { provided } = await import('../../authoring.ts')
  const loaded = await loadConfig({ folder, file: configFile, provided })
  return { loaded, environment: chooseEnvironment(loaded, environment, world.env) }
}

function checkNode(found: string): Check {
  const [major = 0, minor = 0] = found.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 20)) return ok('Node', found)
  return {
    name: 'Node',
    status: 'problem',
    detail: `${found} is too old`,
    hint: 'install Node 20.20 or a later version',
  }
}

function checkPackages({ root }: LoadedConfig, { settings }: ChosenEnvironment): readonly Check[] {
  const firestore =
    installedVersion(root, '@google-cloud/firestore') ??
    installedVersion(root, 'firebase-admin') ??
    installedVersion(ownFolder, '@google-cloud/firestore')
  const client: Check =
    firestore === undefined && settings.firestore.client === undefined
      ? {
          name: '@google-cloud/firestore',
          status: 'problem',
          detail: `not installed in ${root}`,
          hint: 'npm install @google-cloud/firestore',
        }
      : ok(
          '@google-cloud/firestore',
          firestore === undefined
            ? 'the configuration brings its own client'
            : `${firestore.name} ${firestore.version}`,
        )
  const pglite = installedVersion(ownFolder, '@electric-sql/pglite')
  const needed = 'pglite' in settings.postgres
  const embedded: Check =
    pglite === undefined
      ? {
          name: '@electric-sql/pglite',
          status: needed ? 'problem' : 'warning',
          detail: 'not installed: no embedded Postgres, no lockstep local',
          hint: 'npm install @electric-sql/pglite @electric-sql/pglite-pgvector',
        }
      : ok('@electric-sql/pglite', pglite.version)
  return [client, embedded]
}

async function checkStores(migrator: Migrator): Promise<readonly Check[]> {
  const { target } = migrator
  const { firestore, postgres } = target
  const inspection = await migrator.inspect()
  const { migrations } = await migrator.status()
  const server = `${postgres.engine === 'pglite' ? 'PGlite' : 'PostgreSQL'} ${printServerVersion(postgres.version)}`
  const emulator = firestore.emulator === null ? '' : ` on emulator ${firestore.emulator}`
  return [
    ok('Firestore', `${firestore.project}/${firestore.database}${emulator} answers`),
    ok('Postgres', `${printPostgres(target)} answers, ${server}, no transaction pooler between`),
    checkLedger(inspection),
    checkRights(inspection, target),
    ok('pgvector', vectorText(inspection)),
    ok(
      'lock table',
      `room for ${printCount(inspection.lockTable)} locks; a transaction of Lockstep takes a few hundred at most`,
    ),
    ok('migrations', printCounted(migrations.length, 'migrations')),
    ...migrations.filter(isFaulty).map(faultOf),
  ]
}

type Inspection = Awaited<ReturnType<Migrator['inspect']>>

function checkLedger({ ledger, knownLedger }: Inspection): Check {
  if (ledger === 0) return ok('ledger', 'none yet: the first run makes it')
  if (ledger <= knownLedger)
    return ok('ledger', `version ${ledger}${ledger < knownLedger ? `, the next run makes it ${knownLedger}` : ''}`)
  return {
    name: 'ledger',
    status: 'problem',
    detail: `version ${ledger} was written by a newer Lockstep`,
    hint: 'upgrade the lockstep package',
  }
}

function checkRights({ ledger, mayCreate }: Inspection, { postgres }: Target): Check {
  if (mayCreate) return ok('rights', 'may create the ledger')
  if (ledger > 0) return ok('rights', 'the ledger exists')
  const { user, database } = postgres
  return {
    name: 'rights',
    status: 'problem',
    detail: `${user} may not create a schema in ${database}`,
    hint: `grant create on database "${database}" to "${user}"`,
  }
}

function vectorText({ vector: { installed, available } }: Inspection): string {
  if (installed !== null) return installed
  return available === null ? 'not available on this server' : `${available} available, not installed in this database`
}

function isFaulty({ edited, fileMissing, state }: StatusRow): boolean {
  return edited || (fileMissing && state !== 'completed' && state !== 'rolled back')
}

function faultOf({ id, edited, next }: StatusRow): Check {
  return {
    name: 'migrations',
    status: 'problem',
    detail: `${id} ${edited ? 'was edited after it was applied' : 'lost its file'}`,
    hint: next,
  }
}
