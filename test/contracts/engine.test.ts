import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createEngine } from '../../src/run/pg-boss-engine.ts'
import { createPgliteTables } from '../../src/stores/pglite/pglite-tables.ts'
import { createPostgresTables } from '../../src/stores/postgres/postgres-tables.ts'
import type { TableWriter } from '../../src/stores/tables.ts'
import { startWorker } from './engine-child.ts'
import { testEngine } from './engine.ts'
import { createRecorder, until } from './engine-recorder.ts'
import { findPostgresBinaries, startPostgres } from './postgres-server.ts'
import type { PostgresServer } from './postgres-server.ts'

const onTables = (tables: () => TableWriter) => ({
  create: (queue: string, warnings: string[]) =>
    createEngine({ tables: tables(), queue, leaseSeconds: 10, onWarning: (text) => warnings.push(text) }),
})

describe('on PGlite', () => {
  let tables: TableWriter
  beforeAll(async () => {
    tables = await createPgliteTables({})
  })
  afterAll(() => tables.close())

  test('no schema before the first shard', async () => {
    const engine = await onTables(() => tables).create('lazy', [])
    await engine.work(1, async () => undefined)
    await engine.cancel()
    await engine.clear()
    expect(await engine.stats()).toEqual({ queued: 0, active: 0 })
    const found = (): Promise<readonly object[]> =>
      tables.read((q) => q.query(`SELECT 1 FROM pg_namespace WHERE nspname = 'lockstep_engine'`))
    expect(await found()).toHaveLength(0)
    await engine.enqueue(['a'])
    expect(await found()).toHaveLength(1)
    await engine.close(0)
  })

  test('a shard left behind by a crash in the middle of recover comes back, or is cleared', async () => {
    const engine = await onTables(() => tables).create('halfway', [])
    const jobs = `lockstep_engine.job SET state = 'cancelled' WHERE name = 'halfway'`
    const leave = () => tables.transaction((q) => q.query(`UPDATE ${jobs}`))
    for (const verb of ['enqueue', 'recover'] as const) {
      await engine.enqueue(['a'])
      await leave()
      expect(await engine.stats()).toEqual({ queued: 0, active: 0 })
      await engine[verb](['a'])
      expect(await engine.stats()).toEqual({ queued: 1, active: 0 })
    }
    await leave()
    await engine.clear()
    const left = await tables.read((q) => q.query(`SELECT 1 FROM lockstep_engine.job WHERE name = 'halfway'`))
    expect(left).toEqual([])
    await engine.close(0)
  })

  testEngine(
    'pg-boss on PGlite',
    onTables(() => tables),
  )
})

const binaries = await findPostgresBinaries()

describe.skipIf(binaries === undefined)('on Postgres', () => {
  let server: PostgresServer
  let tables: TableWriter
  beforeAll(async () => {
    if (binaries === undefined) throw new Error('no server binaries')
    server = await startPostgres(binaries)
    tables = await createPostgresTables({ url: server.url, poolSize: 2 })
  })
  afterAll(async () => {
    await tables.close()
    await server.stop()
  })
  const lab = onTables(() => tables)
  testEngine('pg-boss on Postgres', lab)

  test('two engines may create the tables at the same moment', async () => {
    for (let round = 0; round < 12; round++) {
      const make = () =>
        createEngine({ tables, queue: 'race', schema: `engine_race_${round}`, onWarning: () => undefined })
      const engines = await Promise.all([make(), make()])
      await Promise.all(engines.map((engine) => engine.enqueue(['a', 'b'])))
      expect(await engines[0].stats()).toEqual({ queued: 2, active: 0 })
      await Promise.all(engines.map((engine) => engine.close(0)))
    }
  })

  test('two engines share a queue', async () => {
    const [one, two] = [await lab.create('shared', []), await lab.create('shared', [])]
    const [left, right] = [createRecorder(), createRecorder()]
    const shards = Array.from({ length: 40 }, (_, i) => `s${i}`)
    await Promise.all([one.enqueue(shards), two.enqueue(shards)])
    await Promise.all([one.work(2, left.passing), two.work(2, right.passing)])
    await until(() => left.ends.length + right.ends.length === 40)
    expect([...left.starts, ...right.starts].toSorted()).toEqual(shards.toSorted())
    expect(Math.min(left.starts.length, right.starts.length)).toBeGreaterThan(0)
    await Promise.all([one.close(0), two.close(0)])
  })

  test('a killed process: recover hands its shards out at once', async () => {
    const engine = await lab.create('killed', [])
    const seen = createRecorder()
    await engine.enqueue(['a', 'b'])
    const child = startWorker(server.url, 'killed', 2)
    await until(() => child.starts.length === 2)
    await child.kill()
    await engine.work(2, seen.passing)
    expect(await engine.stats()).toEqual({ queued: 0, active: 2 })
    await engine.recover(['a', 'b'])
    await until(() => seen.ends.length === 2)
    await engine.close(0)
  })

  test('a killed process, nobody calls recover: its shards are taken over when their heartbeat stops', async () => {
    const engine = await lab.create('silent', [])
    const seen = createRecorder()
    await engine.enqueue(['a'])
    const child = startWorker(server.url, 'silent', 1)
    await until(() => child.starts.length === 1)
    await child.kill()
    await engine.work(1, seen.passing)
    await until(() => seen.ends.length === 1)
    expect(seen.ends).toEqual(['a'])
    await engine.close(0)
  })

  test('Postgres crashes while shards run: nothing is lost, and the outage is reported', async () => {
    const warnings: string[] = []
    const engine = await lab.create('crash', warnings)
    const seen = createRecorder()
    await engine.work(2, seen.holding)
    await engine.enqueue(['a', 'b', 'c'])
    await until(() => seen.starts.length === 2)
    await server.crash()
    seen.letGo()
    await until(() => warnings.length > 1)
    await server.start()
    await until(() => new Set(seen.ends).size === 3)
    await until(async () => (await engine.stats()).active === 0)
    expect(await engine.stats()).toEqual({ queued: 0, active: 0 })
    await engine.close(0)
  })
})
