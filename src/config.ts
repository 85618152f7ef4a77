import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { embeddersForm } from './embeddings/embedder-config.ts'
import { LockstepError } from './kernel/errors.ts'
import { loadModule, placeOf } from './migrations/load-module.ts'
import type { ProvidedModules } from './migrations/load-module.ts'
import { locateIndexFile } from './stores/firestore/index-file.ts'

/** A value written out, or the name of the environment variable that holds it. Secrets belong in the latter. */
const text = z.union([z.string().min(1), z.strictObject({ env: z.string().min(1) })])

const environmentForm = z.strictObject({
  /** `local` refuses anything that is not on this machine; `production` refuses an emulator and asks before it writes. */
  kind: z.enum(['local', 'staging', 'production']),
  firestore: z.strictObject({
    projectId: z.string().min(1),
    databaseId: z.string().min(1).optional(),
    /** host:port; without it the variable FIRESTORE_EMULATOR_HOST counts. */
    emulatorHost: z.string().min(1).optional(),
    /** A service account's JSON file; without it the application default credentials count. */
    keyFile: text.optional(),
    /** A Firestore instance that the app made. */
    client: z.unknown().optional(),
    /** Whether ensureIndex also creates the index, where a step does not say. */
    createIndexes: z.boolean().optional(),
  }),
  postgres: z.union([z.strictObject({ url: text }), z.strictObject({ pglite: z.string().min(1) })]),
  limits: z.strictObject({ writesPerSecond: z.number().positive().optional() }).optional(),
})

const configForm = z.strictObject({
  environments: z.record(z.string().min(1), environmentForm),
  defaultEnvironment: z.string().min(1).optional(),
  /** Folder of the migration files, beside the configuration. */
  migrations: z.string().min(1).optional(),
  /** The file of index definitions, beside the configuration; without it firebase.json counts. */
  firestoreIndexes: z.string().min(1).optional(),
  /** `history: true` notes each migration in the Supabase CLI's history and in supabase/migrations. */
  supabase: z.strictObject({ history: z.boolean().optional() }).optional(),
  /** The apps that are out there. */
  clients: z
    .strictObject({
      /** The newest migration that the oldest app with generated readers knows, for lint. */
      oldest: z
        .string()
        .regex(/^(none|\d{14}_[a-z0-9][a-z0-9_]*)$/, "name a migration by its id, or write 'none'")
        .optional(),
      /** A promise: every app that knows a migration writes both places in one write, from backfill until contract. */
      writeBoth: z.boolean().optional(),
      /** How long complete waits for apps to hear that only the new shape is written; 0 waits for none. */
      graceSeconds: z.number().min(0).max(3_600).optional(),
    })
    .optional(),
  /** What makes vectors of texts, by the names that migrations call them. */
  embedders: embeddersForm.optional(),
  lint: z
    .strictObject({
      /** Files, folders and patterns of SQL that are linted with the migrations. */
      sql: z.array(z.string().min(1)).optional(),
      serverVersion: z.string().min(1).optional(),
      oneTransaction: z.boolean().optional(),
      also: z.array(z.string().min(1)).optional(),
    })
    .optional(),
  tenants: z
    .strictObject({
      source: z.union([
        z.strictObject({ from: z.literal('documents'), collection: z.string().min(1) }),
        z.strictObject({ from: z.literal('sql'), sql: z.string().min(1) }),
      ]),
      key: z.enum(['md5', 'plain']),
      tables: z.record(z.string().min(1), z.string().min(1)),
      provision: z
        .string()
        .regex(/^[^()]+\([^()]*\)$/, 'write it with its argument types, as in create_user_table(text)')
        .optional(),
      mismatches: z.enum(['error', 'skip']).optional(),
      canaries: z.array(z.string()).readonly().optional(),
    })
    .optional(),
})

export type Config = z.infer<typeof configForm>
export type EnvironmentConfig = Config['environments'][string]

/** Types the configuration; the default export of `lockstep.config.ts`. */
export function defineConfig(config: Config): Config {
  return config
}

export interface LoadedConfig {
  readonly config: Config
  readonly file: string
  readonly root: string
  readonly migrationsFolder: string
}

const configNames = ['lockstep.config.ts', 'lockstep.config.mts', 'lockstep.config.js', 'lockstep.config.mjs'] as const

/** The nearest configuration from `folder` up to the git root. Undefined where there is none. */
export function findConfig(folder: string): string | undefined {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const found = configNames.map((name) => join(at, name)).find((file) => existsSync(file))
    if (found !== undefined || existsSync(join(at, '.git')) || at === dirname(at)) return found
  }
}

export interface ConfigPlace {
  readonly folder: string
  readonly file?: string | undefined
  readonly provided: ProvidedModules
}

/** The file of index definitions around a folder, with a configuration or without; undefined where there is none. */
export async function findIndexFile(place: ConfigPlace): Promise<string | undefined> {
  const loaded = (place.file ?? findConfig(place.folder)) === undefined ? undefined : await loadConfig(place)
  const { root, config } = loaded ?? { root: place.folder, config: undefined }
  const found = locateIndexFile({ root, setting: config?.firestoreIndexes, database: '(default)' })
  return existsSync(found) ? found : undefined
}

/** Throws LS-1002 when there is none, LS-1003 with the place when it does not load or is not valid. */
export async function loadConfig(options: ConfigPlace): Promise<LoadedConfig> {
  const file = options.file === undefined ? findConfig(options.folder) : resolve(options.folder, options.file)
  if (file === undefined || !existsSync(file)) {
    throw new LockstepError(
      'LS-1002',
      `no lockstep.config.ts ${file === undefined ? `in ${options.folder} or above` : `at ${file}`}`,
      {
        hint: 'lockstep init writes one',
      },
    )
  }
  const config = parseConfig(await run(file, options.provided), file)
  const root = dirname(file)
  return { config, file, root, migrationsFolder: resolve(root, config.migrations ?? 'migrations') }
}

async function run(file: string, provided: ProvidedModules): Promise<unknown> {
  try {
    return await loadModule(file, provided)
  } catch (cause) {
    const message = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)
    throw new LockstepError('LS-1003', `the configuration cannot be loaded: ${message}`, {
      where: placeOf(cause, file),
      hint: 'mend the file and run the command again',
      cause,
    })
  }
}

function parseConfig(value: unknown, file: string): Config {
  const parsed = configForm.safeParse(value)
  if (parsed.success) return parsed.data
  throw new LockstepError('LS-1003', `the configuration is not valid:\n${z.prettifyError(parsed.error)}`, {
    where: { file },
    hint: 'write export default defineConfig({ … }); docs/reference/configuration.md lists every setting',
  })
}

export interface ChosenEnvironment {
  readonly name: string
  readonly origin: 'flag' | 'LOCKSTEP_ENV' | 'defaultEnvironment' | 'the only one'
  readonly settings: EnvironmentConfig
}

/** Flag over variable over file. Throws LS-1004 for one that is not configured. */
export function chooseEnvironment(
  { config, file }: LoadedConfig,
  flag: string | undefined,
  env: NodeJS.ProcessEnv,
): ChosenEnvironment {
  const names = Object.keys(config.environments)
  const [name, origin] = firstGiven(
    flag,
    env['LOCKSTEP_ENV'],
    config.defaultEnvironment,
    names.length === 1 ? names[0] : undefined,
  )
  const settings = name === undefined ? undefined : config.environments[name]
  if (name !== undefined && settings !== undefined) return { name, origin, settings }
  throw new LockstepError(
    'LS-1004',
    name === undefined ? 'no environment was chosen' : `environment "${name}" is not configured`,
    {
      where: { file },
      hint: `use --env with one of: ${names.join(', ')}`,
    },
  )
}

function firstGiven(
  flag?: string,
  variable?: string,
  file?: string,
  only?: string,
): readonly [string | undefined, ChosenEnvironment['origin']] {
  if (flag !== undefined) return [flag, 'flag']
  if (variable !== undefined && variable !== '') return [variable, 'LOCKSTEP_ENV']
  return file === undefined ? [only, 'the only one'] : [file, 'defaultEnvironment']
}

/** The text itself or the variable's value. Throws LS-1003 naming the variable that is not set. */
export function resolveText(value: string | { readonly env: string }, env: NodeJS.ProcessEnv, setting: string): string {
  if (typeof value === 'string') return value
  const found = env[value.env]
  if (found !== undefined && found !== '') return found
  throw new LockstepError('LS-1003', `environment variable ${value.env} is not set`, {
    where: { name: setting },
    hint: `export ${value.env}=…; for a local try, lockstep local prints it`,
  })
}
