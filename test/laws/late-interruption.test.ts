import { afterAll, beforeAll, expect, it } from 'vitest'
import type { OperationCase } from '../../src/operations/operation-case.ts'
import * as renames from '../../src/operations/postgres/rename-column/rename-column.case.ts'
import { createMortal } from './crashing-stores.ts'
import { catalogOf, migrationId, openWorld, rowsOf } from './world.ts'
import type { World } from './world.ts'

const file = new URL('../../src/operations/postgres/rename-column/rename-column.case.ts', import.meta.url).pathname
const cases = Object.values(renames).flat() as readonly OperationCase[]

let world: World
beforeAll(async () => {
  world = await openWorld(file)
})
afterAll(() => world.close())

it.each(cases)('down finds its way when all but the end of complete is done: $name', async (theCase) => {
  const everything = async (): Promise<unknown> => [await catalogOf(world.tables), await rowsOf(world.tables)]
  await world.fill(theCase)
  const start = async (): Promise<void> => {
    const migrator = world.migrator(theCase)
    await migrator.start(await migrator.plan(migrationId))
  }
  await start()
  const whole = createMortal(world)
  await world.migrator(theCase, whole).complete(migrationId)
  const states = new Set<string>()
  for (let write = whole.writes(); write > whole.writes() - 6; write--) {
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
    states.add(state)
    if (state === 'completed') continue
    await migrator.down(migrationId)
    expect(await everything(), `before write ${write}`).toEqual(before)
  }
  expect([...states]).toContain('completing')
})
