import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Plan } from '../../src/plan/plan.ts'
import type { Value } from '../../src/stores/documents.ts'
import { limitCases, longNames } from './limits.cases.ts'
import type { LimitCase } from './limits.cases.ts'
import { migrationId, openWorld } from './world.ts'
import type { World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

/** Once it fits into a document, twice it does not. */
const large: Value = { bytesValue: Buffer.alloc(600_000).toString('base64') }
const long: Value = { arrayValue: { values: Array.from({ length: 21_000 }, () => ({ integerValue: '1' })) } }

async function planned(theCase: LimitCase, value: Value, indexes?: object): Promise<Plan> {
  await world.fill(theCase)
  await world.put(theCase.worldOf(value))
  if (indexes !== undefined) await world.write({}, [], { 'firestore.indexes.json': JSON.stringify(indexes) })
  return world.migrator(theCase).plan(migrationId)
}

describe.each(limitCases)('$name', (theCase) => {
  it('is refused by the plan where a document would be larger than 1 MiB', async () => {
    const message = expect.stringContaining('larger than 1 MiB') as string
    await expect(planned(theCase, large)).rejects.toMatchObject({ code: 'LS-2110', message })
  })

  it('is refused by the plan where a document would have more than 40,000 index entries', async () => {
    const message = expect.stringContaining('more than 40,000 index entries') as string
    await expect(planned(theCase, long)).rejects.toMatchObject({ code: 'LS-2110', message })
  })

  it('is planned where the index file exempts what is long', async () => {
    const fieldOverrides = ['Users', 'Parts'].map((collectionGroup) => ({
      collectionGroup,
      fieldPath: '*',
      indexes: [],
    }))
    expect((await planned(theCase, long, { fieldOverrides })).steps).toHaveLength(1)
  })
})

it('renameCollection is refused by the plan where the longer name makes a document larger than 1 MiB', async () => {
  const message = expect.stringContaining('larger than 1 MiB') as string
  await expect(planned(longNames, large)).rejects.toMatchObject({ code: 'LS-2110', message })
})
