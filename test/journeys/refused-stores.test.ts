import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { freePort } from '../../src/local/guarded-process.ts'
import { startRealPostgres } from '../stores/real-postgres.ts'
import { needs } from '../stores/skips.ts'
import { startBouncer } from '../stores/bouncer.ts'
import { expectRefusal, expectText, partsOf } from './expect-refusal.ts'
import { openGate } from './gate.ts'
import type { Gate } from './gate.ts'
import type { Status } from '../../src/report/status.ts'
import { addLanguage, addLanguageColumn, configText } from './project.ts'
import { openEmbedded, tableOf, uid } from './stage.ts'
import type { Scene, Stage } from './stage.ts'

const first = '20260101000000_first'
let stage: Stage
vi.setConfig({ testTimeout: 240_000 })

beforeAll(async () => {
  stage = await openEmbedded()
})
afterAll(() => stage?.close())

async function withColumn(tenants: number, settings = ''): Promise<Scene> {
  const scene = await stage.project({ tenants, chats: 1 }, { tenants: settings })
  scene.migration(first, addLanguageColumn)
  return scene
}

test('3 of 300 tables with another column are left out and told of; --strict stops the plan and names them', async () => {
  const scene = await withColumn(300)
  const wrong = [7, 100, 299].map(tableOf)
  await scene.ask(wrong.map((table) => `alter table ${table} add column language integer`).join(';'))
  const refusal = {
    exit: 1,
    code: 'LS-2104',
    message: 'integer in 3 of 300 tables, not text',
    fix: 'alter table',
  } as const
  for (const verb of ['plan', 'up']) {
    const { stderr } = await expectRefusal(scene, [verb, '--strict'], refusal)
    for (const table of wrong) expect(stderr.replace(/\s+/g, ' ')).toContain(table)
  }
  const { stdout } = await scene.succeed('plan')
  expect(stdout).toContain('W203')
  expect(stdout).toContain('W204')
  await scene.succeed('up')
  const { tables } = JSON.parse((await scene.succeed('status', '--tables', '--json')).stdout) as Status
  expect(tables?.map(({ table, state }) => [table, state])).toEqual(
    wrong.toSorted().map((table) => [table, 'left out']),
  )
  await scene.succeed('verify')
  await scene.succeed('down', '--yes')
  const [still] = await scene.ask(
    "select count(*)::int as n from information_schema.columns where column_name = 'language'",
  )
  expect(still).toEqual({ n: 3 })
})

test('a table that refuses is left for the next up, and the others are done', async () => {
  const scene = await withColumn(120)
  const stubborn = tableOf(60)
  await scene.ask(`create function stubborn() returns event_trigger language plpgsql as $$ begin
      if exists (select from pg_event_trigger_ddl_commands() where object_identity = 'public.${stubborn}') then raise 'not this one'; end if;
    end $$; create event trigger stubborn on ddl_command_end when tag in ('ALTER TABLE') execute function stubborn()`)
  const refused = await scene.run('up')
  expect(partsOf(refused)).toMatchObject({ exit: 1, code: 'LS-4004' })
  expectText(refused.stderr, { message: 'not this one', fix: 'run up again' })
  expect(await tablesWithLanguage(scene)).toHaveLength(119)
  const { tables } = JSON.parse((await scene.succeed('status', '--tables', '--json')).stdout) as Status
  expect(tables).toMatchObject([
    { step: 1, table: stubborn, state: 'failed', problem: expect.stringContaining('not this one') },
  ])
  await scene.ask('drop event trigger stubborn; drop function stubborn()')
  await scene.succeed('up')
  expect(await tablesWithLanguage(scene)).toHaveLength(120)
  expect((await scene.succeed('status', '--tables')).stdout).not.toContain(stubborn)
})

test('a tenant without its table is left out, and found once it is there; --strict stops the plan', async () => {
  const scene = await withColumn(4)
  await scene.ask(`drop table ${tableOf(2)}`)
  await expectRefusal(scene, ['up', '--strict'], {
    exit: 4,
    code: 'LS-2201',
    message: '1 of 4 tenants',
    place: new RegExp(`${uid(2)} \\(${tableOf(2)}\\)`),
    fix: '--strict',
  })
  await scene.succeed('up')
  expect(await tablesWithLanguage(scene)).toEqual([0, 1, 3].map(tableOf).sort())
  await scene.ask('select create_user_table($1)', [uid(2)])
  expect(await tablesWithLanguage(scene)).toEqual([0, 1, 2, 3].map(tableOf).sort())
  await scene.succeed('verify')
})

test('a table without its tenant is never touched, there and back; --strict stops the plan', async () => {
  const scene = await withColumn(3)
  await scene.put({ [`Users/${uid(1)}`]: null })
  await expectRefusal(scene, ['up', '--strict'], {
    exit: 4,
    code: 'LS-2202',
    message: '1 tables belong to no tenant',
    place: tableOf(1),
    fix: '--strict',
  })
  const before = await scene.snapshot()
  await scene.succeed('up')
  expect(await tablesWithLanguage(scene)).toEqual([0, 2].map(tableOf).sort())
  await scene.succeed('verify')
  await scene.succeed('down', '--yes')
  await scene.ask('drop schema lockstep, lockstep_engine cascade')
  expect(ofTheApp(await scene.snapshot())).toEqual(ofTheApp(before))
})

async function tablesWithLanguage({ ask }: Scene): Promise<readonly unknown[]> {
  const rows = await ask(
    "select attrelid::regclass::text as name from pg_attribute where attname = 'language' and attrelid::regclass::text like 'user_table_%' and attnum > 0 and not attisdropped and (select relkind from pg_class where oid = attrelid) = 'r' order by 1",
  )
  return rows.map(({ name }) => name).sort()
}

/** Without the marks that dropped columns leave in the catalog, and without Lockstep's own two documents. */
function ofTheApp(snapshot: unknown): unknown {
  const { documents, tables } = snapshot as {
    documents: readonly (string | { name: string })[]
    tables: { columns: { attisdropped: boolean }[] }
  }
  const own = documents.filter((each) => !(typeof each === 'string' ? each : each.name).startsWith('_lockstep'))
  return { documents: own, tables: { ...tables, columns: tables.columns.filter(({ attisdropped }) => !attisdropped) } }
}

test('a database that is down is named, and nothing is touched in the other', async () => {
  const scene = await withColumn(2)
  const port = await freePort()
  const before = await scene.snapshot()
  scene.write(
    'lockstep.config.ts',
    configText({ project: scene.projectId, url: `postgres://ada:s3cret@127.0.0.1:${port}/app` }),
  )
  for (const verb of [['up'], ['status'], ['plan']]) {
    const done = await scene.run(...verb)
    expect(partsOf(done)).toEqual({ exit: 1, code: 'LS-3002', stdout: '' })
    expectText(done.stderr, { message: new RegExp(`127\\.0\\.0\\.1:${port}.*as ada`), fix: 'start the server' })
    expect(done.stderr).not.toContain('s3cret')
  }
  scene.write(
    'lockstep.config.ts',
    configText({ project: scene.projectId, firestore: `, emulatorHost: '127.0.0.1:${port}'` }),
  )
  const done = await scene.run('up')
  expect(partsOf(done)).toEqual({ exit: 1, code: 'LS-3001', stdout: '' })
  expectText(done.stderr, { message: `127.0.0.1:${port}`, fix: /./ })
  expect(await scene.snapshot()).toEqual(before)
})

const slow = ', limits: { writesPerSecond: 2 }'

async function throughGates(scene: Scene): Promise<{ readonly postgres: Gate; readonly firestore: Gate }> {
  const address = new URL(stage.url)
  const [postgres, firestore] = await Promise.all([openGate(address.host), openGate(stage.host)])
  const url = stage.url.replace(address.host, postgres.host)
  scene.write(
    'lockstep.config.ts',
    configText({ project: scene.projectId, url, firestore: `, emulatorHost: '${firestore.host}'`, settings: slow }),
  )
  return { postgres, firestore }
}

test('Postgres going down in the middle of up ends it with the reason; up goes on when it is back', async () => {
  const scene = await stage.project({ tenants: 10, chats: 2 })
  scene.migration(first, addLanguageColumn, addLanguage)
  const gates = await throughGates(scene)
  const running = scene.start('up', '--format', 'ndjson')
  await running.printed('"type":"shard-started","step":1,"phase":"backfill"')
  gates.postgres.shut()
  const done = await running.finished
  expect(partsOf({ ...done, stdout: '' }), done.stderr).toEqual({ exit: 1, code: 'LS-3002', stdout: '' })
  expect(JSON.parse(done.stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
    type: 'error',
    error: { code: 'LS-3002' },
  })
  await gates.postgres.open()
  await scene.succeed('up')
  await scene.succeed('verify', '--level', 'full')
  expect(await scene.ask('select count(*)::int as runs, min(state) as state from lockstep.runs')).toEqual([
    { runs: 1, state: 'soaking' },
  ])
  await Promise.all([gates.postgres.close(), gates.firestore.close()])
})

test('Firestore going down in the middle of up is waited for, and told', async () => {
  const scene = await stage.project({ tenants: 10, chats: 2 })
  scene.migration(first, addLanguageColumn, addLanguage)
  const gates = await throughGates(scene)
  const running = scene.start('up', '--format', 'ndjson')
  await running.printed('"type":"shard-started","step":1,"phase":"backfill"')
  gates.firestore.shut()
  await running.printed('"type":"shard-retried"')
  await gates.firestore.open()
  const done = await running.finished
  expect([done.code, done.stderr.slice(-500)]).toEqual([0, expect.any(String)])
  expect(done.stderr).toMatch(/cannot be reached/)
  await scene.succeed('verify', '--level', 'full')
  await Promise.all([gates.postgres.close(), gates.firestore.close()])
})

test('the port of a transaction pooler is refused before anything is sent there', async () => {
  const scene = await withColumn(1)
  const before = await scene.snapshot()
  scene.write(
    'lockstep.config.ts',
    configText({ project: scene.projectId, kind: 'staging', url: 'postgres://ada:s3cret@db.example.invalid:6543/app' }),
  )
  const done = await scene.run('up', '--yes')
  expect(partsOf(done)).toEqual({ exit: 64, code: 'LS-3003', stdout: '' })
  expectText(done.stderr, { message: '6543', fix: /ada:PASSWORD@db\.example\.invalid:5432/ })
  expect(done.stderr).not.toContain('s3cret')
  expect(await scene.snapshot()).toEqual(before)
})

const postgres = await startRealPostgres()
afterAll(() => postgres?.stop())
const bouncer = postgres === undefined ? undefined : await startBouncer(postgres.url, 'transaction')
afterAll(() => bouncer?.stop())

test(
  'a real pooler in transaction mode is refused',
  needs(bouncer, 'no PostgreSQL server or no PgBouncer'),
  async () => {
    const scene = await withColumn(1)
    scene.write('lockstep.config.ts', configText({ project: scene.projectId, url: bouncer?.url ?? '' }))
    await expectRefusal(scene, ['up'], {
      exit: 64,
      code: 'LS-3003',
      message: 'shares servers between transactions',
      fix: 'connect directly or in session mode',
    })
  },
)
