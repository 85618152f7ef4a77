import { existsSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createFirestoreServer } from '../../src/local/firestore/server.ts'
import { startRealPostgres } from '../stores/real-postgres.ts'
import { needs } from '../stores/skips.ts'
import { expectRefusal } from './expect-refusal.ts'
import { configText } from './project.ts'
import { createStage } from './stage.ts'
import type { Stage } from './stage.ts'

vi.setConfig({ testTimeout: 240_000 })
const first = '20260101000000_first'
const postgres = await startRealPostgres()
afterAll(() => postgres?.stop())

describe('a Supabase project', needs(postgres, 'no PostgreSQL server'), () => {
  const url = postgres?.url ?? ''
  let stage: Stage

  beforeAll(async () => {
    const firestore = await createFirestoreServer()
    stage = createStage({ host: firestore.host, url, close: () => firestore.close() })
  })
  afterAll(() => stage?.close())

  test('PostgREST is told once a phase, and the history of the Supabase CLI is kept in step', async () => {
    const scene = await stage.project({ tenants: 0 })
    await scene.ask(`do $$ begin create role authenticator; exception when duplicate_object then null; end $$;
      create table orders (id int primary key); create schema auth; create table auth.users (id int primary key)`)
    const config = configText({ project: scene.projectId, url })
    scene.write('lockstep.config.ts', config.replace('environments:', 'supabase: { history: true },\n  environments:'))
    scene.migration(first, `postgres.addColumn('orders', 'note', 'text', { index: true })`)
    const listener = new pg.Client(url)
    const told: (string | undefined)[] = []
    listener.on('notification', ({ payload }) => void told.push(payload))
    await listener.connect()
    await listener.query('listen pgrst')

    await scene.succeed('up')
    await listener.query('select 1')
    expect(told).toEqual(['reload schema'])
    const file = join(scene.folder, 'supabase', 'migrations', `${first}.sql`)
    expect(existsSync(file)).toBe(true)
    const history = 'select version, name from supabase_migrations.schema_migrations'
    expect(await scene.ask(history)).toEqual([{ version: '20260101000000', name: 'first' }])

    await scene.succeed('down', '--yes')
    await listener.query('select 1')
    expect(told).toEqual(['reload schema', 'reload schema'])
    expect(existsSync(file)).toBe(false)
    expect(await scene.ask(history)).toEqual([])
    await listener.end()

    scene.migration(first, `postgres.addColumn('auth.users', 'note', 'text')`)
    await expectRefusal(scene, ['plan'], {
      exit: 1,
      code: 'LS-2111',
      message: 'schema auth is managed',
      fix: 'of your own',
    })
  })
})
