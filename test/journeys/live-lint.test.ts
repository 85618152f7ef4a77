import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createFirestoreServer } from '../../src/local/firestore/server.ts'
import { startRealPostgres } from '../stores/real-postgres.ts'
import { needs } from '../stores/skips.ts'
import { configText } from './project.ts'
import { createStage, uid } from './stage.ts'
import type { Scene, Stage } from './stage.ts'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 })
const example = fileURLToPath(new URL('../../examples/chatmimic-connect', import.meta.url))
const recipe = '20261201090600_functions_are_safe'
const postgres = await startRealPostgres()
const usable = postgres?.vector === true ? postgres : undefined
afterAll(() => postgres?.stop())

describe('lint --live of the example, on PostgreSQL', needs(usable, 'no PostgreSQL with pgvector'), () => {
  let stage: Stage
  beforeAll(async () => {
    const firestore = await createFirestoreServer()
    stage = createStage({ host: firestore.host, url: postgres?.url ?? '', close: () => firestore.close() })
  })
  afterAll(() => stage?.close())

  async function scene(): Promise<Scene> {
    const found = await stage.project({ tenants: 0 })
    found.write(
      'lockstep.config.ts',
      configText({ project: found.projectId }).replace(
        `'user_table_{key}' }`,
        `'user_table_{key}', user_embeddings: 'user_embeddings_{key}' }`,
      ),
    )
    await found.ask('drop function if exists create_user_table(text)')
    for (const file of ['schema', 'grants-older'])
      await found.ask(readFileSync(join(example, `sql/${file}.sql`), 'utf8'))
    for (const n of [0, 1, 2]) {
      await found.put({ [`Users/${uid(n)}`]: { email: `${n}@example.test` } })
      await found.ask('select create_user_table($1)', [uid(n)])
    }
    mkdirSync(join(found.folder, 'migrations'))
    cpSync(join(example, 'recipes', `${recipe}.ts`), join(found.folder, 'migrations', `${recipe}.ts`))
    cpSync(join(example, 'sql/functions'), join(found.folder, 'sql/functions'), { recursive: true })
    return found
  }

  interface Told {
    readonly rule: string
    readonly severity: string
    readonly where: { readonly name: string }
  }

  async function errors({ run }: Scene): Promise<Readonly<Record<string, readonly string[]>>> {
    const { stdout, stderr, code } = await run('lint', '--live', '--json')
    expect([0, 3], stderr).toContain(code)
    const found = (JSON.parse(stdout) as { findings: Told[] }).findings.filter(({ severity }) => severity === 'error')
    const rules = [...new Set(found.map(({ rule }) => rule))].sort()
    return Object.fromEntries(
      rules.map((rule) => [
        rule,
        [...new Set(found.filter((each) => each.rule === rule).map(({ where }) => where.name))],
      ]),
    )
  }

  const definers = [
    'add_jsonb_column(text,text)',
    'check_column_exists(text,text)',
    'create_config_table()',
    'create_user_table(text)',
    'match_documents(vector,double precision,integer,text)',
  ]

  test('every defect is found, and none after the migration that repairs them; down gives them back', async () => {
    const found = await scene()
    const before = await errors(found)
    expect(before).toMatchObject({
      'definer-without-search-path': definers,
      'definer-executable-by-api': definers,
      'self-comparison': ['check_column_exists(text,text)'],
      'dynamic-ddl-definer': ['add_jsonb_column(text,text)', 'create_user_table(text)'],
      'ivfflat-on-empty': ['public.user_embeddings_{key}'],
    })
    expect(before['rls-disabled-exposed']).toEqual(
      expect.arrayContaining(['public.user_configs', 'public.user_embeddings_{key}', 'public.user_table_{key}']),
    )
    await found.succeed('up')
    await found.succeed('down', '--yes')
    expect(await errors(found)).toEqual(before)
    await found.succeed('up')
    await found.succeed('complete', '--yes')
    await found.put({ [`Users/${uid(9)}`]: { email: 'new@example.test' } })
    await found.ask('select create_user_table($1)', [uid(9)])
    expect(await errors(found)).toEqual({})
  })
})
