import type { ChosenEnvironment, LoadedConfig } from '../config.ts'
import type { Setting } from '../report/doctor.ts'
import type { Cli } from './cli.ts'

/** Every setting as it counts, with where it comes from; what is secret in it is masked. */
export function shownSettings(
  cli: Cli,
  { config, file, migrationsFolder }: LoadedConfig,
  environment: ChosenEnvironment,
): readonly Setting[] {
  const { env } = cli.world
  const { name, settings, origin } = environment
  const at = `environments.${name}`
  const { firestore, postgres, limits } = settings
  return [
    {
      name: 'configuration',
      value: file,
      origin:
        cli.configFile === undefined ? 'found from the working folder' : fromWords(cli, '--config', 'LOCKSTEP_CONFIG'),
    },
    { name: 'environment', value: name, origin },
    { name: `${at}.kind`, value: settings.kind, origin: 'file' },
    { name: `${at}.firestore.projectId`, value: firestore.projectId, origin: 'file' },
    withDefault(`${at}.firestore.databaseId`, firestore.databaseId, '(default)'),
    emulatorSetting(`${at}.firestore.emulatorHost`, firestore.emulatorHost, env),
    ...(firestore.client === undefined
      ? [textSetting(`${at}.firestore.keyFile`, firestore.keyFile, env, 'application default credentials')]
      : []),
    withDefault(`${at}.firestore.createIndexes`, firestore.createIndexes?.toString(), 'false'),
    'url' in postgres
      ? maskedSetting(textSetting(`${at}.postgres.url`, postgres.url, env, ''))
      : { name: `${at}.postgres.pglite`, value: postgres.pglite, origin: 'file' },
    withDefault(
      `${at}.limits.writesPerSecond`,
      limits?.writesPerSecond?.toString(),
      settings.kind === 'local' ? 'no limit' : '10000',
    ),
    { name: 'migrations', value: migrationsFolder, origin: config.migrations === undefined ? 'default' : 'file' },
    withDefault('firestoreIndexes', config.firestoreIndexes, 'as firebase.json says, or firestore.indexes.json'),
    ...clientSettings(config.clients, settings.kind === 'local' ? '0' : '15'),
    ...(config.tenants === undefined ? [] : tenantSettings(config.tenants)),
  ]
}

function fromWords({ argv }: Cli, flag: string, variable: string): string {
  return argv.some((word) => word === flag || word.startsWith(`${flag}=`)) ? 'flag' : variable
}

function withDefault(name: string, value: string | undefined, otherwise: string): Setting {
  return value === undefined ? { name, value: otherwise, origin: 'default' } : { name, value, origin: 'file' }
}

function emulatorSetting(name: string, value: string | undefined, env: NodeJS.ProcessEnv): Setting {
  if (value !== undefined) return { name, value, origin: 'file' }
  const found = env['FIRESTORE_EMULATOR_HOST']
  return found === undefined || found === ''
    ? { name, value: 'none', origin: 'default' }
    : { name, value: found, origin: 'FIRESTORE_EMULATOR_HOST' }
}

function textSetting(
  name: string,
  value: string | { readonly env: string } | undefined,
  env: NodeJS.ProcessEnv,
  otherwise: string,
): Setting {
  if (value === undefined) return { name, value: otherwise, origin: 'default' }
  if (typeof value === 'string') return { name, value, origin: 'file' }
  const found = env[value.env]
  return { name, value: found === undefined || found === '' ? 'not set' : found, origin: value.env }
}

function maskedSetting(setting: Setting): Setting {
  return setting.value === 'not set' ? setting : { ...setting, value: maskUrl(setting.value) }
}

/** The URL without its password and without the values of its parameters; *** where it cannot be read. */
export function maskUrl(url: string): string {
  if (!URL.canParse(url)) return '***'
  const { protocol, username, password, host, pathname, searchParams } = new URL(url)
  const secret = password === '' ? '' : ':***'
  const user = username === '' && secret === '' ? '' : `${username}${secret}@`
  const query = [...searchParams.keys()].map((key) => `${key}=***`).join('&')
  return `${protocol}//${user}${host}${pathname}${query === '' ? '' : `?${query}`}`
}

function clientSettings(clients: LoadedConfig['config']['clients'] = {}, grace: string): readonly Setting[] {
  return [
    withDefault('clients.oldest', clients.oldest, 'unknown'),
    withDefault('clients.writeBoth', clients.writeBoth?.toString(), 'false'),
    withDefault('clients.graceSeconds', clients.graceSeconds?.toString(), grace),
  ]
}

function tenantSettings({
  source,
  key,
  tables,
  provision,
  mismatches,
  canaries,
}: NonNullable<LoadedConfig['config']['tenants']>): readonly Setting[] {
  const from = source.from === 'documents' ? `documents of ${source.collection}` : 'an SQL query'
  return [
    { name: 'tenants.source', value: from, origin: 'file' },
    { name: 'tenants.key', value: key, origin: 'file' },
    {
      name: 'tenants.tables',
      value: Object.entries(tables)
        .map(([name, table]) => `${name}: ${table}`)
        .join(', '),
      origin: 'file',
    },
    withDefault('tenants.provision', provision, 'none'),
    withDefault('tenants.mismatches', mismatches, 'skip'),
    withDefault('tenants.canaries', canaries?.join(', '), 'one in a hundred'),
  ]
}
