import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { lockstepHere } from '../torture/here.ts'
import { lockstep } from '../torture/processes.ts'
import type { Finished, Running } from '../torture/processes.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

type Run = (...args: readonly string[]) => Promise<Finished>

/** The command line in a project. */
export interface Runners {
  /** In a process of its own, to be watched, interrupted or killed. */
  start(...args: readonly string[]): Running
  /** To its end, in the test's own process. */
  readonly run: Run
  /** Runs and fails the test with what was said unless it ends with 0. */
  readonly succeed: Run
  /** The same two in processes of their own, as a user has it. */
  readonly apart: { readonly run: Run; readonly succeed: Run }
}

/** A folder with a configuration and migrations, as a user has it, and the command line run in it. */
export interface Project extends Runners {
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
  write(name: string, text: string): string
  /** Writes `migrations/<id>.ts` with these steps. */
  migration(id: string, ...steps: readonly string[]): string
  remove(name: string): void
  /** The same project run with other variables; '' is as good as not set. */
  with(env: NodeJS.ProcessEnv): Runners
  close(): void
}

export const header = `import { defineMigration, firestore, postgres, tenants } from 'lockstep'\n`

/** Documents get a language. */
export const addLanguage = `firestore.addField('Whatsapp_Data/{uid}/chats/{phone}', { language: 'en' })`
/** Tenants' tables get a language, with an index. */
export const addLanguageColumn = `postgres.addColumn(tenants('user_table'), 'language', 'text', { default: 'en', index: true })`

export interface ConfigParts {
  readonly project: string
  readonly kind?: 'local' | 'staging' | 'production'
  /** The environment's name; its kind without one. */
  readonly name?: string
  /** More settings of the environment, of its Firestore, of the tenants; the tables to speak of. */
  readonly settings?: string
  readonly firestore?: string
  readonly tenants?: string
  readonly imports?: string
  readonly url?: string
}

export function configText({
  project,
  kind = 'local',
  name = kind,
  settings = '',
  firestore = '',
  tenants = '',
  imports = '',
  url,
}: ConfigParts): string {
  const address = url === undefined ? `{ env: 'DATABASE_URL' }` : JSON.stringify(url)
  return `${imports}import { defineConfig, firestore } from 'lockstep'

export default defineConfig({
  environments: {
    ${name}: { kind: '${kind}', firestore: { projectId: '${project}'${firestore} }, postgres: { url: ${address} }${settings} },
  },
  tenants: {
    source: firestore.documents('Users'),
    key: 'md5',
    tables: { user_table: 'user_table_{key}' },
    provision: 'create_user_table(text)'${tenants},
  },
})
`
}

/** An empty project; the driver is found where this repository has it. */
export function createProject(env: NodeJS.ProcessEnv): Project {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-journey-'))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const write = (name: string, text: string): string => {
    const file = join(folder, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    return file
  }
  const clean: NodeJS.ProcessEnv = { CI: 'true', NO_COLOR: '1', LOCKSTEP_ACTOR: 'ada', ...env }
  return {
    folder,
    env: clean,
    write,
    migration: (id, ...steps) => write(`migrations/${id}.ts`, migrationText(steps)),
    remove: (name) => rmSync(join(folder, name)),
    ...runners(folder, clean),
    with: (more) => runners(folder, { ...clean, ...more }),
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function migrationText(steps: readonly string[]): string {
  return `${header}\nexport default defineMigration({\n  summary: 'a change',\n  steps: [\n    ${steps.join(',\n    ')},\n  ],\n})\n`
}

function runners(folder: string, env: NodeJS.ProcessEnv): Runners {
  const start = (...args: readonly string[]): Running => lockstep(args, folder, env)
  const run: Run = (...args) => lockstepHere(args, folder, env).finished
  const apart: Run = (...args) => start(...args).finished
  return { start, run, succeed: succeeding(run), apart: { run: apart, succeed: succeeding(apart) } }
}

function succeeding(run: Run): Run {
  return async (...args) => {
    const done = await run(...args)
    if (done.code !== 0)
      throw new Error(
        `lockstep ${args.join(' ')} ended with ${done.code}\n${done.stderr.slice(-4000)}\n${done.stdout.slice(-2000)}`,
      )
    return done
  }
}
