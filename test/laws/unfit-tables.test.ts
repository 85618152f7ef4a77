import { afterAll, beforeAll, expect, it } from 'vitest'
import { addConstraintCases } from '../../src/operations/postgres/add-constraint/add-constraint.case.ts'
import type { OperationCase } from '../../src/operations/operation-case.ts'
import { catalogOf, migrationId, openWorld, rowsOf } from './world.ts'
import type { World } from './world.ts'

const [constraints] = addConstraintCases as readonly [OperationCase]

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

const b = '92eb5ffee6ae2fec3ad71c777531578f'

it('a tenant whose rows are in the way at the last moment is left out as it was, and told; the others get it', async () => {
  await world.fill(constraints)
  const plan = await world.migrator(constraints).plan(migrationId)
  await world.write({}, [`insert into user_table_${b} (id, age) values (77, -1)`])
  const [catalog, rows] = [await catalogOf(world.tables), await rowsOf(world.tables)]
  const told: string[] = []
  const migrator = world.migrator(constraints, undefined, (message) => {
    if ('event' in message && message.event.type === 'warning') told.push(message.event.message)
  })
  await migrator.start(plan)
  expect(told).toEqual([expect.stringMatching(`left out: user_table_${b}: rows violate check`)])
  const checks = await world.tables.read((q) =>
    q.query(
      "select conrelid::regclass::text as name from pg_constraint where contype = 'c' and conrelid <> 0 and conname !~ 'required'",
    ),
  )
  expect(checks).toEqual([{ name: 'user_table_0cc175b9c0f1b6a831c399e269772661' }])
  expect((await migrator.status()).migrations[0]).toMatchObject({ state: 'soaking' })
  expect(await migrator.verify(migrationId, 'full')).toBe(0)
  await migrator.down(migrationId)
  expect([await catalogOf(world.tables), await rowsOf(world.tables)]).toEqual([catalog, rows])
})

it('strict, the first such tenant stops the run, and is named', async () => {
  const strict = { ...constraints, tenants: { ...constraints.tenants, mismatches: 'error' } } as OperationCase
  await world.fill(strict)
  const plan = await world.migrator(strict).plan(migrationId)
  await world.write({}, [`insert into user_table_${b} (id, age) values (77, -1)`])
  await expect(world.migrator(strict).start(plan)).rejects.toMatchObject({
    message: expect.stringMatching(`1 table could not be changed: user_table_${b}: rows violate`),
  })
})
