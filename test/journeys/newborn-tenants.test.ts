import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createFirestoreServer } from '../../src/local/firestore/server.ts'
import { startRealPostgres } from '../stores/real-postgres.ts'
import { needs } from '../stores/skips.ts'
import { misshapenTables } from '../torture/oracle.ts'
import { addLanguage, addLanguageColumn, configText } from './project.ts'
import { createStage, uid } from './stage.ts'
import type { Scene, Stage } from './stage.ts'
import { startTap } from './tap.ts'
import type { Tap } from './tap.ts'

vi.setConfig({ testTimeout: 240_000 })
const first = '20260101000000_first'
const postgres = await startRealPostgres()
afterAll(() => postgres?.stop())

describe('tenants born while a migration is under way', needs(postgres, 'no PostgreSQL server'), () => {
  let stage: Stage
  let tap: Tap

  beforeAll(async () => {
    const url = postgres?.url ?? ''
    const firestore = await createFirestoreServer()
    tap = await startTap(url)
    stage = createStage({ host: firestore.host, url, close: () => firestore.close() })
  })
  afterAll(async () => {
    await stage?.close()
    await tap?.close()
  })

  async function scene(tenants: number): Promise<Scene> {
    const found = await stage.project({ tenants, chats: 1 })
    found.write('lockstep.config.ts', configText({ project: found.projectId, url: tap.url }))
    found.migration(first, addLanguageColumn, addLanguage)
    return found
  }

  /** What the app does when someone signs up. */
  async function signUp({ ask, put }: Scene, n: number): Promise<void> {
    await put({ [`Users/${uid(n)}`]: { name: 'New' }, [`Whatsapp_Data/${uid(n)}/chats/1`]: { title: 'First' } })
    await ask('select create_user_table($1)', [uid(n)])
  }

  const functionsOf = ({ ask }: Scene): Promise<unknown> =>
    ask(`select p.proname, pg_get_functiondef(p.oid) as def, p.proacl::text as acl, pg_get_userbyid(p.proowner) as owner, obj_description(p.oid) as comment
         from pg_proc p where pronamespace = 'public'::regnamespace and probin is null order by 1`)

  test('each ends in the right shape, whenever it was born; after down in the old one', async () => {
    const found = await scene(60)
    const before = await functionsOf(found)
    const born = [
      tap.before(/CREATE FUNCTION .*_before/i, () => signUp(found, 100)),
      tap.before(/add column "language"/, () => signUp(found, 101)),
    ]
    const running = found.start('up', '--format', 'ndjson')
    await born[1]
    const second = tap.before(/add column "language"/, () => signUp(found, 102))
    await second
    await running.printed('"type":"phase-finished","phase":"expand"')
    await signUp(found, 103)
    const done = await running.finished
    expect(done.code, done.stderr).toBe(0)
    await Promise.all(born)
    await signUp(found, 104)
    expect(await misshapenTables(found.env['DATABASE_URL'] ?? '', 'new')).toEqual([])
    await found.succeed('verify', '--level', 'full')
    const down = tap.before(/drop column "language"/, () => signUp(found, 105))
    await found.succeed('down', '--yes')
    await down
    await signUp(found, 106)
    expect(await misshapenTables(found.env['DATABASE_URL'] ?? '', 'old')).toEqual([])
    expect(await functionsOf(found)).toEqual(before)
  })

  test('the provisioning function keeps owner, grants, settings, comment and security definer, there and back', async () => {
    const found = await scene(2)
    await found.ask(`
      drop role if exists journey_owner; drop role if exists journey_app; create role journey_owner; create role journey_app;
      grant create on schema public to journey_owner; grant usage on schema public to journey_app, journey_owner;
      alter function create_user_table(text) owner to journey_owner;
      alter function create_user_table(text) security definer set search_path = public, pg_temp set lock_timeout = '3s';
      revoke all on function create_user_table(text) from public;
      grant execute on function create_user_table(text) to journey_app;
      comment on function create_user_table(text) is 'makes the tables of a user'`)
    for (const n of [0, 1])
      await found.ask(
        `alter table user_table_${String((await found.ask('select md5($1) as key', [uid(n)]))[0]?.['key'])} owner to journey_owner`,
      )
    const attributes = (): Promise<unknown> =>
      found.ask(`select pg_get_userbyid(proowner) as owner, proacl::text as acl, prosecdef, proconfig, provolatile, proparallel, obj_description(oid) as comment
                 from pg_proc where oid = 'create_user_table(text)'::regprocedure`)
    const [functions, before] = [await functionsOf(found), await attributes()]
    await found.succeed('up')
    expect(await attributes()).toEqual(before)
    expect(await functionsOf(found)).not.toEqual(functions)
    expect(
      await found.ask(
        `select has_function_privilege('journey_app', oid, 'execute') as app, proname from pg_proc where proname ~ '^create_user_table_.*_before$'`,
      ),
    ).toMatchObject([{ app: false }])
    await found.ask('set role journey_app; select create_user_table($$user00050$$)')
    expect(await misshapenTables(found.env['DATABASE_URL'] ?? '', 'new')).toEqual([])
    await found.succeed('down', '--yes')
    expect(await functionsOf(found)).toEqual(functions)
  })

  test('a function that someone else replaced since is kept by down, and told', async () => {
    const found = await scene(2)
    await found.succeed('up')
    const theirs = `create or replace function create_user_table(uid text) returns boolean language sql as $f$ select uid = 'nobody' $f$`
    await found.ask(theirs)
    const check = await found.run('verify')
    expect([check.code, check.stdout]).toEqual([
      5,
      expect.stringContaining('makes new tenants without column language'),
    ])
    const down = await found.succeed('down', '--yes', '--format', 'ndjson')
    const [{ def }] = (await found.ask(
      `select pg_get_functiondef('create_user_table(text)'::regprocedure) as def`,
    )) as [{ def: string }]
    expect(def).toContain(`uid = 'nobody'`)
    expect(down.stdout).toMatch(/"type":"warning","message":"create_user_table\(text\) was replaced by someone else/)
    expect(
      await found.ask(`select proname from pg_proc where pronamespace = 'public'::regnamespace and probin is null`),
    ).toEqual([{ proname: 'create_user_table' }])
    expect((await found.succeed('journal')).stdout).toMatch(/create_user_table\(text\) was replaced/)
  })

  test('a function that the app deploys anew between expand and verify is extended again, and given back as deployed', async () => {
    const found = await scene(2)
    const deployed = `create or replace function create_user_table(uid text) returns boolean language plpgsql as $f$
      begin execute format('create table if not exists %I (id serial primary key, company_info jsonb, later int)', 'user_table_' || md5(uid)); return true; end $f$`
    await found.succeed('up', '--to', 'verify')
    await found.ask(deployed)
    const theirs = await found.ask(`select pg_get_functiondef('create_user_table(text)'::regprocedure) as def`)
    await found.ask(`update lockstep.runs set phase = 'verify'`)
    await found.succeed('up')
    await signUp(found, 50)
    expect(await misshapenTables(found.env['DATABASE_URL'] ?? '', 'new')).toEqual([])
    await found.succeed('verify')
    await found.succeed('down', '--yes')
    expect(await found.ask(`select pg_get_functiondef('create_user_table(text)'::regprocedure) as def`)).toEqual(theirs)
    expect(
      await found.ask(`select proname from pg_proc where pronamespace = 'public'::regnamespace and probin is null`),
    ).toEqual([{ proname: 'create_user_table' }])
  })
})
