import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { provided } from '../../src/authoring.ts'
import { chooseEnvironment, loadConfig } from '../../src/config.ts'
import { systemClock } from '../../src/kernel/clock.ts'
import type { RunEvent } from '../../src/ledger/events.ts'
import { createFirestoreServer } from '../../src/local/firestore/server.ts'
import { wireMigrator } from '../../src/migrator.ts'
import type { Migrator } from '../../src/migrator.ts'
import { openStores } from '../../src/open-stores.ts'
import { createEngine } from '../../src/run/pg-boss-engine.ts'
import { startRealPostgres } from '../stores/real-postgres.ts'
import { needs } from '../stores/skips.ts'
import { misshapenTables } from '../torture/oracle.ts'
import { addLanguageColumn, configText } from './project.ts'
import { createStage, tableOf } from './stage.ts'
import type { Scene, Stage } from './stage.ts'
import { startTap } from './tap.ts'
import type { Tap } from './tap.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 })
const first = '20260101000000_first'
const postgres = await startRealPostgres()
afterAll(() => postgres?.stop())

describe('a fleet of tenants, on PostgreSQL', needs(postgres, 'no PostgreSQL server'), () => {
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

  /** Tenants whose tables have the column already, so that the run itself is short. */
  async function applied(tenants: number): Promise<Scene> {
    const found = await stage.project({ tenants: 0 })
    await found.ask(`do $do$ begin for n in 0..${tenants - 1} loop
      execute format('create table %I (id int, language text default ''en'')', 'user_table_' || md5('user' || lpad(n::text, 5, '0')));
      if n % 200 = 0 then commit; end if; end loop; end $do$`)
    await found.put(
      Object.fromEntries(Array.from({ length: tenants }, (_, n) => [`Users/user${String(n).padStart(5, '0')}`, {}])),
    )
    found.write('lockstep.config.ts', configText({ project: found.projectId, url: tap.url }))
    found.migration(first, `postgres.addColumn(tenants('user_table'), 'language', 'text', { default: 'en' })`)
    await found.succeed('up')
    return found
  }

  async function statementsOfNextUp(found: Scene): Promise<readonly string[]> {
    const mark = tap.statements().length
    const done = await found.succeed('up')
    expect(done.stdout).toMatch(/^nothing to do/)
    return tap.statements().slice(mark)
  }

  test('up with nothing to do takes one catalog statement, in two parts, whether there are 10 tenants or 10,000', async () => {
    const few = await statementsOfNextUp(await applied(10))
    const many = await statementsOfNextUp(await applied(10_000))
    const looks = many.filter((text) => text.includes('pg_catalog.pg_class'))
    expect(looks).toHaveLength(2)
    expect(new Set(looks).size).toBe(1)
    expect(many.filter((text) => text.includes('from lockstep.runs')).length).toBe(1)
    // The parts are read at once, so that their order is not told.
    const heads = (texts: readonly string[]): readonly string[] => texts.map((text) => text.slice(0, 60)).toSorted()
    expect(heads(many)).toEqual(heads(few))
  })

  /** The library, with pauses between two tries that are short. */
  async function impatient(found: Scene, listener: (event: RunEvent) => void): Promise<Migrator> {
    const loaded = await loadConfig({ folder: found.folder, provided })
    const environment = chooseEnvironment(loaded, undefined, found.env)
    return wireMigrator({
      options: { concurrency: 2 },
      loaded,
      environment,
      stores: await openStores({ environment, root: loaded.root, firestoreIndexes: undefined, env: found.env }),
      clock: { ...systemClock, sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 5), signal) },
      listener: (message) => ('event' in message ? listener(message.event) : undefined),
      createEngine,
    })
  }

  test('a lock held on one table stops only that table, which is named; when it is free up completes the rest', async () => {
    const found = await stage.project({ tenants: 8, chats: 1 })
    found.migration(first, addLanguageColumn)
    const holder = new pg.Client(url)
    await holder.connect()
    const events: RunEvent[] = []
    const migrator = await impatient(found, (event) => events.push(event))
    try {
      await holder.query(`begin; select * from ${tableOf(3)}`)
      await expect(migrator.start(await migrator.plan(first))).rejects.toMatchObject({
        message: expect.stringContaining(tableOf(3)) as string,
      })
    } finally {
      await migrator.close()
      await holder.end()
    }
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'shard-failed',
        code: 'LS-4008',
        problem: expect.stringContaining(tableOf(3)) as string,
      }),
    )
    expect(await tablesWithout(found, 'language')).toEqual([{ name: tableOf(3) }])
    await found.succeed('up')
    expect(await misshapenTables(url, 'new')).toEqual([])
  })

  const tablesWithout = ({ ask }: Scene, column: string): Promise<unknown> =>
    ask(
      `select c.relname as name from pg_class c where c.relkind = 'r' and c.relname ~ '^user_table_'
         and not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = $1)`,
      [column],
    )
})
