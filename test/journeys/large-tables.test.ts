import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createFirestoreServer } from '../../src/local/firestore/server.ts'
import { startRealPostgres } from '../stores/real-postgres.ts'
import { needs } from '../stores/skips.ts'
import { configText } from './project.ts'
import { createStage } from './stage.ts'
import type { Scene, Stage } from './stage.ts'
import { startTap } from './tap.ts'
import type { Tap } from './tap.ts'

vi.setConfig({ testTimeout: 240_000 })
const first = '20260101000000_first'
const postgres = await startRealPostgres()
afterAll(() => postgres?.stop())

describe('a table of many rows, on PostgreSQL', needs(postgres, 'no PostgreSQL server'), () => {
  const url = postgres?.url ?? ''
  let stage: Stage
  let tap: Tap

  beforeAll(async () => {
    const firestore = await createFirestoreServer()
    tap = await startTap(url)
    stage = createStage({ host: firestore.host, url, close: () => firestore.close() })
  })
  afterAll(async () => {
    await stage?.close()
    await tap?.close()
  })

  async function scene(step: string): Promise<Scene> {
    const found = await stage.project({ tenants: 0 })
    await found.ask(`create table orders (id bigint generated always as identity primary key, note text, touched int default 0);
      insert into orders (note) select repeat('x', 60) from generate_series(1, 20000)`)
    found.write('lockstep.config.ts', configText({ project: found.projectId, url: tap.url }))
    found.migration(first, step)
    return found
  }

  const since = (mark: number, statement: RegExp): readonly string[] =>
    tap
      .statements()
      .slice(mark)
      .filter((text) => statement.test(text))
  const exclusive = ({ ask }: Scene): Promise<unknown> =>
    ask(`select pid from pg_locks where relation = 'orders'::regclass and granted and mode = 'AccessExclusiveLock'`)
  const indexes = ({ ask }: Scene): Promise<unknown> =>
    ask(
      `select indexrelid::regclass::text as name, indisvalid as valid from pg_index where indrelid = 'orders'::regclass and not indisprimary`,
    )

  /** Holds an older transaction open while the index is built, so that the build waits; then acts, and lets go. */
  async function whileBuilding({ ask }: Scene, act: () => Promise<unknown>): Promise<void> {
    const older = new pg.Client(url)
    await tap.before(/^create index concurrently/, async () => {
      await older.connect()
      await older.query('begin; update orders set touched = 1 where id = 1')
    })
    const waiting = `select pid from pg_stat_activity where query ~ '^create index concurrently' and state = 'active' and wait_event_type = 'Lock'`
    await vi.waitUntil(async () => (await ask(waiting)).length === 1, { timeout: 60_000 })
    await act()
    await older.query('rollback')
    await older.end()
  }

  const endBuild = ({ ask }: Scene): Promise<unknown> =>
    ask(`select pg_terminate_backend(pid) from pg_stat_activity where query ~ '^create index concurrently'`)

  test('gets its index concurrently: writers go on meanwhile, and a build that breaks is begun anew', async () => {
    const found = await scene(`postgres.addColumn('orders', 'language', 'text', { default: 'en', index: true })`)
    const running = found.start('up')
    await whileBuilding(found, async () => {
      await found.ask(`set lock_timeout = '5s'; insert into orders (note) values ('written while the index was built')`)
      await endBuild(found)
      await vi.waitUntil(async () => JSON.stringify(await indexes(found)).includes('"valid":false'), {
        timeout: 30_000,
      })
    })
    const done = await running.finished
    expect(done.code, done.stderr).toBe(0)
    expect(await indexes(found)).toEqual([{ name: 'orders_language_idx', valid: true }])
  })

  test('an invalid index left by a killed runner is found and built anew', async () => {
    const found = await scene(`postgres.addColumn('orders', 'language', 'text', { default: 'en', index: true })`)
    const running = found.start('up')
    await whileBuilding(found, async () => {
      running.child.kill('SIGKILL')
      await running.finished
      await endBuild(found)
    })
    expect(await indexes(found)).toEqual([{ name: 'orders_language_idx', valid: false }])
    await found.succeed('up')
    expect(await indexes(found)).toEqual([{ name: 'orders_language_idx', valid: true }])
    await found.succeed('verify')
  })

  test('is filled from an expression in batches while rows change, then not null, with no exclusive lock across a scan', async () => {
    const found = await scene(
      `postgres.addColumn('orders', 'code', 'text', { default: { sql: "md5(random()::text)" }, notNull: true })`,
    )
    const mark = tap.statements().length
    const held: unknown[] = []
    const look = async (): Promise<void> => void held.push(...((await exclusive(found)) as unknown[]))
    const batch = tap.before(/with filled as/, async () => {
      await look()
      await found.ask(`update orders set code = 'theirs', touched = touched + 1 where id in (5, 15000)`)
    })
    const validation = tap.before(/validate constraint/, look)
    await found.succeed('up')
    await Promise.all([batch, validation])
    expect(held).toEqual([])
    expect(since(mark, /with filled as/).length).toBeGreaterThan(3)
    expect(
      await found.ask(
        `select count(*)::int as rows, count(code)::int as filled, count(distinct code)::int as distinct, sum(touched)::int as touched from orders`,
      ),
    ).toEqual([{ rows: 20_000, filled: 20_000, distinct: 19_999, touched: 2 }])
    expect(
      await found.ask(
        `select attnotnull as required from pg_attribute where attrelid = 'orders'::regclass and attname = 'code'`,
      ),
    ).toEqual([{ required: true }])
    expect(
      await found.ask(`select conname from pg_constraint where conrelid = 'orders'::regclass and contype = 'c'`),
    ).toEqual([])
  })

  test('on the way back the column is hidden, its values of others are kept, then it goes; no exclusive lock across the scan', async () => {
    const found = await scene(`postgres.addColumn('orders', 'language', 'text', { default: 'en' })`)
    await found.succeed('up')
    await found.ask(`update orders set language = 'de' where id in (3, 4)`)
    const mark = tap.statements().length
    const held: unknown[] = []
    const keeping = tap.before(/insert into lockstep\.kept_values/, async () => {
      held.push(
        ...((await exclusive(found)) as unknown[]),
        ...(await found.ask(
          `select attname from pg_attribute where attrelid = 'orders'::regclass and attname = 'language'`,
        )),
      )
    })
    await found.succeed('down', '--yes')
    await keeping
    expect(held).toEqual([])
    const order = since(mark, /rename column|kept_values|drop column/).map(
      (text) => /rename column|insert into lockstep\.kept_values|drop column/.exec(text)?.[0],
    )
    expect(order).toEqual(['rename column', 'insert into lockstep.kept_values', 'drop column'])
    expect(await found.ask(`select row_key, value, column_name from lockstep.kept_values order by seq`)).toEqual(
      [3, 4].map((id) => ({ row_key: { id }, value: 'de', column_name: 'language' })),
    )
    expect(
      await found.ask(
        `select attname from pg_attribute where attrelid = 'orders'::regclass and attnum > 0 and not attisdropped order by attnum`,
      ),
    ).toEqual(['id', 'note', 'touched'].map((attname) => ({ attname })))
  })
})
