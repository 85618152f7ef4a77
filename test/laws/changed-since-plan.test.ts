import { afterAll, beforeAll, expect, it } from 'vitest'
import { changedSincePlanCases, tables } from './changed-since-plan.cases.ts'
import { catalogOf, migrationId, openWorld, rowsOf } from './world.ts'
import type { World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

const [, table] = tables

it.each([
  ['an index', 'it lost the column', `alter table ${table} drop column email`, /column "email" does not exist/],
  ['a conversion', 'it lost the column', `alter table ${table} drop column email`, /column "email" does not exist/],
  [
    'a conversion',
    'its column got another type',
    `alter table ${table} alter column email type bytea using email::bytea`,
    /operator does not exist: bytea/,
  ],
])(
  '%s, and a table is not as planned any more: %s. That is said, and down leaves it so',
  async (name, _, sql, said) => {
    const theCase = changedSincePlanCases.find((each) => each.name === name) as (typeof changedSincePlanCases)[number]
    await world.fill(theCase)
    const plan = await world.migrator(theCase).plan(migrationId)
    await world.write({}, [sql])
    const before = [await catalogOf(world.tables), await rowsOf(world.tables)]
    const told: string[] = []
    const migrator = world.migrator(theCase, undefined, (message) => {
      if (!('event' in message)) return
      if (message.event.type === 'finding') told.push(`${message.event.where}: ${message.event.problem}`)
      if (message.event.type === 'failed') told.push(message.event.reason)
    })
    await expect(migrator.start(plan)).rejects.toThrow()
    expect(told.filter((each) => each.includes(table) && said.test(each))).not.toEqual([])
    expect((await migrator.status()).migrations[0]).toMatchObject({ state: 'failed' })
    await migrator.down(migrationId)
    expect([await catalogOf(world.tables), await rowsOf(world.tables)]).toEqual(before)
  },
)

it('a table that got a column of that name and another type meanwhile stops the switch, and stays on the way back', async () => {
  const [theCase] = changedSincePlanCases as readonly [(typeof changedSincePlanCases)[number]]
  await world.fill(theCase)
  const plan = await world.migrator(theCase).plan(migrationId)
  await world.write({}, [`alter table ${table} add column language int`])
  const before = [await catalogOf(world.tables), await rowsOf(world.tables)]
  const found: unknown[] = []
  const migrator = world.migrator(theCase, undefined, (message) => {
    if ('event' in message && ['finding', 'warning'].includes(message.event.type)) found.push(message.event)
  })
  await expect(migrator.start(plan)).rejects.toMatchObject({ code: 'LS-5001' })
  expect(found).toContainEqual(
    expect.objectContaining({ where: table, problem: 'column language is integer, not text' }),
  )
  await migrator.down(migrationId)
  expect([await catalogOf(world.tables), await rowsOf(world.tables)]).toEqual(before)
  expect(found).toContainEqual({
    type: 'warning',
    message: `${table}: its column language is not of type text, and stays`,
  })
})

it('a value that came since and cannot be converted is not told, the table and the reason are', async () => {
  const theCase = changedSincePlanCases.at(-1) as (typeof changedSincePlanCases)[number]
  await world.fill(theCase)
  const plan = await world.migrator(theCase).plan(migrationId)
  await world.write({}, [`insert into ${table} values (2, 'y', 'Ada "Countess" Lovelace')`])
  const told: unknown[] = []
  const error: unknown = await world
    .migrator(theCase, undefined, (message) => told.push(message))
    .start(plan)
    .catch((problem: unknown) => problem)
  expect(String(error)).toContain(`${table}: invalid input syntax for type integer: "…"`)
  expect(JSON.stringify(told) + String(error)).not.toMatch(/Ada|Countess|Lovelace/)
})
