import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a project says about its databases, without a secret: names of variables, never their values. */
export interface FoundProject {
  readonly projectId: string | undefined
  readonly databaseId: string | undefined
  readonly variable: string | undefined
  /** What was found where, for people. */
  readonly told: readonly string[]
}

const variables = ['POSTGRES_URL_NON_POOLING', 'SUPABASE_DB_URL', 'DATABASE_URL'] as const

/** Looks at .firebaserc, firebase.json, supabase/config.toml and .env files. Reads only. */
export function detectProject(folder: string): FoundProject {
  const projectId = defaultProject(folder)
  const databaseId = namedDatabase(folder)
  const [variable, file] = variableName(folder)
  const supabase = existsSync(join(folder, 'supabase/config.toml'))
  return {
    projectId,
    databaseId,
    variable,
    told: [
      ...(projectId === undefined ? [] : [`Firebase project ${projectId} in .firebaserc`]),
      ...(databaseId === undefined ? [] : [`Firestore database ${databaseId} in firebase.json`]),
      ...(supabase
        ? ['a Supabase project in supabase/config.toml: use its direct connection or session pooler, port 5432']
        : []),
      ...(variable === undefined ? [] : [`the variable ${variable} in ${file}`]),
    ],
  }
}

/** Firebase's files are JSON that may hold comments; what cannot be read says nothing. */
function readLoose(file: string): Record<string, unknown> {
  if (!existsSync(file)) return {}
  try {
    const text = readFileSync(file, 'utf8').replace(/("(?:\\.|[^"\\])*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, '$1')
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : {}
  } catch (error) {
    if (error instanceof SyntaxError) return {}
    throw error
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function defaultProject(folder: string): string | undefined {
  const { projects } = readLoose(join(folder, '.firebaserc'))
  const named = isRecord(projects) ? (projects['default'] ?? Object.values(projects)[0]) : undefined
  return typeof named === 'string' && /^[a-z0-9:.-]+$/.test(named) ? named : undefined
}

function namedDatabase(folder: string): string | undefined {
  const { firestore } = readLoose(join(folder, 'firebase.json'))
  const first: unknown = Array.isArray(firestore) ? firestore[0] : firestore
  const database = isRecord(first) ? first['database'] : undefined
  return typeof database === 'string' && /^[a-z0-9-]+$/.test(database) ? database : undefined
}

function variableName(folder: string): readonly [string | undefined, string] {
  const files = readdirSync(folder).filter((name) => /^\.env(\.[\w.-]+)?$/.test(name))
  for (const variable of variables) {
    const found = files.find((name) =>
      new RegExp(`^\\s*(?:export\\s+)?${variable}\\s*=`, 'm').test(readFileSync(join(folder, name), 'utf8')),
    )
    if (found !== undefined) return [variable, found]
  }
  return [undefined, '']
}

/** The text of a first configuration; secrets stay in variables. */
export function configTemplate({ projectId, databaseId, variable }: FoundProject, name: string): string {
  const demo = `demo-${
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '') || 'app'
  }`
  const database = databaseId === undefined ? '' : `, databaseId: '${databaseId}'`
  const production = projectId === undefined ? 'my-project-id' : projectId
  return `import { defineConfig } from 'lockstep'

export default defineConfig({
  environments: {
    // lockstep local starts both databases on this machine and prints FIRESTORE_EMULATOR_HOST and DATABASE_URL.
    local: {
      kind: 'local',
      firestore: { projectId: '${demo}'${database} },
      postgres: { url: { env: 'DATABASE_URL' } },
    },
    production: {
      kind: 'production',
      firestore: { projectId: '${production}'${database} },
      // A direct connection or one in session mode: a transaction pooler (port 6543) is refused.
      postgres: { url: { env: '${variable === undefined || variable === 'DATABASE_URL' ? 'PRODUCTION_DATABASE_URL' : variable}' } },
    },
  },
  defaultEnvironment: 'local',
})
`
}
