import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { md5 } from '../../src/kernel/checksum.ts'
import { configText } from './project.ts'
import { openEmbedded, uid } from './stage.ts'
import type { Scene, Stage } from './stage.ts'

const example = fileURLToPath(new URL('../../examples/chatmimic-connect', import.meta.url))
const recipe = '20261201090600_functions_are_safe'
const vector = `array_fill(0.5, array[1536])::vector`

let stage: Stage
let scene: Scene
beforeAll(async () => {
  stage = await openEmbedded()
})
afterAll(() => stage?.close())

beforeEach(async () => {
  scene = await stage.project({ tenants: 0 })
  const config = configText({ project: scene.projectId, tenants: ', mismatches: "skip"' })
  const tables = `'user_table_{key}', user_embeddings: 'user_embeddings_{key}' }`
  scene.write('lockstep.config.ts', config.replace(`'user_table_{key}' }`, tables))
  await scene.ask('drop function if exists create_user_table(text)')
  for (const file of ['schema', 'grants-older']) await scene.ask(readFileSync(join(example, `sql/${file}.sql`), 'utf8'))
  await scene.put({ [`Users/${uid(0)}`]: { email: 'a@example.test' } })
  await scene.ask('select create_user_table($1)', [uid(0)])
  await scene.ask(`insert into user_embeddings_${md5(uid(0))} (content, embedding) values ('kept', ${vector})`)
  mkdirSync(join(scene.folder, 'migrations'))
  cpSync(join(example, 'recipes', `${recipe}.ts`), join(scene.folder, 'migrations', `${recipe}.ts`))
  cpSync(join(example, 'sql/functions'), join(scene.folder, 'sql/functions'), { recursive: true })
})

const functions = () =>
  scene.ask(`select pg_get_functiondef(oid) as def, proacl::text as acl, proowner::text as owner from pg_proc
             where pronamespace = 'public'::regnamespace and prokind = 'f' and probin is null order by 1`)

/** Definers that anyone may run, or whose names mean what the caller likes. */
const exposed = () =>
  scene.ask(`select proname as name from pg_proc where pronamespace = 'public'::regnamespace and prosecdef
             and (proconfig is null or has_function_privilege('anon', oid, 'execute')) order by 1`)

const oldCall = () => scene.ask(`select content from match_documents(${vector}, 0.1, 5, $1)`, [uid(0)])

it(
  'repairs the functions, answers old clients until complete, and goes back exactly',
  { timeout: 240_000 },
  async () => {
    const before = await functions()
    expect((await exposed()).map(({ name }) => name)).toHaveLength(5)
    const { stdout } = await scene.succeed('plan')
    expect(stdout).toContain('match_documents(public.vector, double precision, integer, text)')
    await scene.succeed('up')
    expect((await exposed()).map(({ name }) => name)).toEqual(['match_documents'])
    expect(await oldCall()).toEqual([{ content: 'kept' }])
    expect(await scene.ask(`select content from match_documents($1, ${vector}, 0.1, 5)`, [uid(0)])).toEqual([
      { content: 'kept' },
    ])
    expect(await scene.ask("select check_column_exists('user_configs', 'nowhere') as found")).toEqual([
      { found: false },
    ])
    await expect(scene.ask("select add_jsonb_column('user_configs', 'x')")).rejects.toMatchObject({ code: '42501' })
    expect(await scene.ask('select create_user_table($1)', [uid(1)])).toEqual([{ create_user_table: true }])
    await scene.succeed('verify', '--level', 'full')
    await scene.succeed('down', '--yes')
    expect(await functions()).toEqual(before)
    await scene.succeed('up')
    await scene.succeed('complete', '--yes')
    expect(await exposed()).toEqual([])
    await expect(oldCall()).rejects.toMatchObject({ code: '42883' })
  },
)

it('is stopped by an edit of one of its SQL files', { timeout: 120_000 }, async () => {
  await scene.succeed('up')
  scene.write('sql/functions/add_jsonb_column.sql', 'select 1')
  const refused = await scene.run('complete', '--yes')
  expect([refused.code, refused.stderr + refused.stdout]).toEqual([4, expect.stringContaining('LS-2003')])
  expect((await scene.run('status')).stdout).toMatch(/edited/)
})
