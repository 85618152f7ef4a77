import { afterAll, beforeAll, expect, it } from 'vitest'
import { createMortal } from './crashing-stores.ts'
import { ofVectors, takenAway } from './late-interruption.cases.ts'
import { catalogOf, migrationId, openWorld, rowsOf } from './world.ts'
import type { World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

/** What is left of the way back. */
async function kept({ tables }: World): Promise<unknown> {
  const [row] = await tables.read((q) =>
    q.query(`select (select count(*)::int from lockstep.pre_images) as images,
      (select count(*)::int from pg_tables where schemaname = 'lockstep_past') as twins`),
  )
  return row
}

it.each(takenAway)('down finds its way when all but the end of complete is done: $name', async (theCase) => {
  const everything = async (): Promise<unknown> => [await catalogOf(world.tables), await rowsOf(world.tables)]
  await world.fill(theCase)
  const start = async (): Promise<void> => {
    const migrator = world.migrator(theCase)
    await migrator.start(await migrator.plan(migrationId))
  }
  await start()
  const whole = createMortal(world)
  await world.migrator(theCase, whole).complete(migrationId)
  const states: string[] = []
  for (let write = whole.writes(); states.filter((state) => state === 'completing').length < 3; write--) {
    await world.fill(theCase)
    const before = await everything()
    await start()
    const mortal = createMortal(world, { write, when: 'before' })
    await world
      .migrator(theCase, mortal)
      .complete(migrationId)
      .catch((error: unknown) => error)
    await world.tables.transaction((q) =>
      q.script(
        `update lockstep.runs set owner = null; update lockstep.shards set owner = null, state = 'pending' where state = 'running'`,
      ),
    )
    const migrator = world.migrator(theCase)
    const state = (await migrator.status()).migrations[0]?.state ?? ''
    states.push(state)
    if (state === 'completed') {
      await migrator.tidy()
      expect(await kept(world)).toEqual({ images: 0, twins: 0 })
      continue
    }
    await migrator.down(migrationId)
    expect(await everything(), `before write ${write}`).toEqual(before)
  }
})

it('what stood for the way back goes at the next up, where a kill came when all was completed but that', async () => {
  const theCase = ofVectors
  if (theCase === undefined) throw new Error('no case')
  const started = async (): Promise<void> => {
    await world.fill(theCase)
    const migrator = world.migrator(theCase)
    await migrator.start(await migrator.plan(migrationId))
  }
  await started()
  const whole = createMortal(world)
  await world.migrator(theCase, whole).complete(migrationId)
  const left: unknown[] = []
  for (let write = whole.writes(); write > whole.writes() - 4; write--) {
    await started()
    const completing = world.migrator(theCase, createMortal(world, { write, when: 'before' }))
    await completing.complete(migrationId).catch((error: unknown) => error)
    await world.tables.transaction((q) => q.script('update lockstep.runs set owner = null'))
    const migrator = world.migrator(theCase)
    if ((await migrator.status()).migrations[0]?.state !== 'completed') continue
    left.push(await kept(world))
    await migrator.tidy()
    expect(await kept(world)).toEqual({ images: 0, twins: 0 })
  }
  expect(left).toContainEqual(expect.objectContaining({ twins: 1 }))
})
