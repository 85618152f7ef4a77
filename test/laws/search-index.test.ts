import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startRealPostgres } from '../stores/real-postgres.ts'
import { needs } from '../stores/skips.ts'
import { openLawStoresAt } from './law-stores.ts'
import { dimensions, searched } from './search-index.cases.ts'
import { migrationId, openWorld } from './world.ts'
import type { World } from './world.ts'

const postgres = await startRealPostgres()
afterAll(() => postgres?.stop())

describe(
  'searches by clients of both models',
  needs(postgres?.vector === true ? postgres : undefined, 'no PostgreSQL with pgvector'),
  () => {
    let world: World
    beforeAll(async () => {
      world = await openWorld(undefined, undefined, () => openLawStoresAt(postgres?.url ?? ''))
      await world.fill(searched)
    })
    afterAll(() => world.close())

    /** Whose rows a search read and how, with the planner's settings as servers have them; counted by its own session. */
    const readBy = (search: string): Promise<readonly string[]> =>
      world.tables.transaction(async (q) => {
        const counted = async (): Promise<ReadonlyMap<string, number>> => {
          const found = await q.query<{ how: string; scans: number }>(
            `select schemaname || how as how, scans::int from pg_stat_xact_all_tables
             cross join lateral (values (' by index', idx_scan), (' by scan', seq_scan)) s (how, scans) where relname = 'documents'`,
          )
          return new Map(found.map(({ how, scans }) => [how, scans]))
        }
        const before = await counted()
        expect(await q.query(search)).toHaveLength(10)
        return [...(await counted())].flatMap(([how, scans]) => (scans > (before.get(how) ?? 0) ? [how] : []))
      })

    const zeros = (count: number): string => `'[1${',0'.repeat(count - 1)}]'::extensions.vector`
    const byView = `select id from lockstep_both.documents order by embedding operator(extensions.<=>) ${zeros(dimensions.large)} limit 10`
    const byFunction = (count: number): string => `select * from near(${zeros(count)})`

    it('go by the index before, through the view and by the function during the soak, and after down', async () => {
      expect(await readBy(byFunction(dimensions.small))).toEqual(['public by index'])
      const migrator = world.migrator(searched)
      await migrator.start(await migrator.plan(migrationId))
      expect(await readBy(byView)).toEqual(['public by index'])
      expect(await readBy(byFunction(dimensions.large))).toEqual(['public by index'])
      // What clients of the old model ask is answered by the table as it was.
      expect(await readBy(byFunction(dimensions.small))).toEqual(['lockstep_past by index'])
      await world.migrator(searched).down(migrationId)
      expect(await readBy(byFunction(dimensions.small))).toEqual(['public by index'])
    })
  },
)
