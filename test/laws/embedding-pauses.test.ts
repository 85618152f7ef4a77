import { afterAll, beforeAll, expect, it } from 'vitest'
import { isLockstepError, isPause } from '../../src/kernel/errors.ts'
import { startMockProvider } from '../embeddings/mock-provider.ts'
import { refusedText } from './embeddings.cases.ts'
import { largeTable } from './embedding-pauses.cases.ts'
import { migrationId, openWorld } from './world.ts'
import type { World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

const query = (sql: string): Promise<readonly unknown[]> => world.tables.read((q) => q.query(sql))

it('a quota used up, a limit in dollars and a provider out of reach pause the run, and nothing is paid twice', async () => {
  // Two calls of ten texts.
  const provider = await startMockProvider({ dimensions: 16, quota: 40 })
  const { baseUrl, apiKey, statistics } = provider
  const settings = { model: 'm', dimensions: 16, baseUrl, apiKey, price: 1e6, limits: { itemsPerCall: 10 } }
  const theCase = { ...refusedText, embedders: { large: { provider: 'openai-compatible', ...settings } as const } }
  const pauses = async (work: Promise<void>): Promise<string> => {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    if (!isLockstepError(error) || !isPause(error)) throw new Error('it did not pause', { cause: error })
    // The last call was not charged for.
    expect(statistics).toMatchObject({ answered: 2, tokens: 40 })
    expect(await query('select state from lockstep.runs')).toEqual([{ state: 'paused' }])
    return error.code
  }
  const resume = (options: { readonly maxUsd?: number } = {}): Promise<void> =>
    world.migrator(theCase, undefined, undefined, options).resume(migrationId)
  try {
    await world.fill(theCase)
    const migrator = world.migrator(theCase)
    expect(await pauses(migrator.start(await migrator.plan(migrationId)))).toBe('LS-3011')
    provider.setQuota(Infinity)
    // A dollar a token: the third call would cost more.
    expect(await pauses(resume({ maxUsd: 45 }))).toBe('LS-4009')
    provider.meet(...Array.from({ length: 9 }, () => 'server-error' as const))
    expect(await pauses(resume())).toBe('LS-3012')
    await resume()
    // Each row's once, and those that verification asks for.
    expect(statistics.sizes.reduce((sum, size) => sum + size)).toBe(30 + 21)
    expect(await query('select count(embedding)::int as n from documents')).toEqual([{ n: 30 }])
  } finally {
    await provider.stop()
  }
})

it('what a kill leaves of an index that is being built concurrently is found, and built anew', async () => {
  await world.fill(largeTable)
  const builds: string[] = []
  let dead = false
  const living = <T>(work: () => Promise<T>): Promise<T> =>
    dead ? Promise.reject(new Error('the process is dead')) : work()
  const { tables } = world
  const killed = {
    ...world,
    tables: {
      ...tables,
      read: <T>(work: Parameters<typeof tables.read<T>>[0]) => living(() => tables.read(work)),
      transaction: <T>(...work: Parameters<typeof tables.transaction<T>>) => living(() => tables.transaction(...work)),
      autocommit: (...statement: Parameters<typeof tables.autocommit>) =>
        living(async () => {
          await tables.autocommit(...statement)
          const [name] = /(?<=^create index concurrently ")[^"]+/.exec(statement[0]) ?? []
          if (name === undefined) return
          builds.push(name)
          // As Postgres leaves it where the session goes before the second look at the rows.
          await tables.transaction((q) =>
            q.script(`update pg_index set indisvalid = false where indexrelid = '${name}'::regclass`),
          )
          dead = true
          throw new Error('killed')
        }),
    },
  }
  const migrator = world.migrator(largeTable, killed)
  await expect(migrator.start(await migrator.plan(migrationId))).rejects.toThrow()
  const indexes = `select c.relname as name, x.indisvalid as valid from pg_index x join pg_class c on c.oid = x.indexrelid
    where x.indrelid = 'documents'::regclass and not x.indisprimary order by c.relname = 'by_angle', 1`
  expect(await query(indexes)).toEqual([
    { name: builds[0], valid: false },
    { name: 'by_angle', valid: true },
  ])
  await tables.transaction((q) =>
    q.script(
      "update lockstep.runs set owner = null; update lockstep.shards set owner = null, state = 'pending' where state = 'running'",
    ),
  )
  await world.migrator(largeTable).resume(migrationId)
  expect(await query(indexes)).toEqual([
    { name: builds[0], valid: true },
    { name: 'by_angle', valid: true },
  ])
  expect(await world.migrator(largeTable).verify(migrationId, 'full')).toBe(0)
})
