import { afterAll, beforeAll, expect, it } from 'vitest'
import type { OperationCase } from '../../src/operations/operation-case.ts'
import { renameFieldCases } from '../../src/operations/firestore/rename-field/rename-field.case.ts'
import type { DocumentWrite, DocumentWriter } from '../../src/stores/documents.ts'
import { allDocuments, migrationId, openWorld } from './world.ts'
import type { World } from './world.ts'

const chat = 'Whatsapp_Data/u1/chats'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

/** The store, on which `then` happens as soon as clients are told that a phase has begun. */
function onTold(phase: 'contract' | 'completed', documents: DocumentWriter, then: () => Promise<void>): DocumentWriter {
  let told = false
  const watch = async <T>(writes: readonly DocumentWrite[], result: Promise<T>): Promise<T> => {
    const done = await result
    if (!told && JSON.stringify(writes).includes(`"stringValue":"${phase}"`)) {
      told = true
      await then()
    }
    return done
  }
  return {
    ...documents,
    write: (writes) => watch(writes, documents.write(writes)),
    commit: (writes) => watch(writes, documents.commit(writes)),
  }
}

it('clients get time to hear of the contract phase, and what they wrote to old places meanwhile goes too', async () => {
  const theCase = renameFieldCases[0] as OperationCase
  const patient = await openWorld(undefined, { graceSeconds: 7 })
  try {
    await patient.fill(theCase)
    const soaking = patient.migrator(theCase)
    await soaking.start(await soaking.plan(migrationId))
    let late: Promise<void> | undefined
    // One that has not heard yet writes both places.
    const both = { [`${chat}/late`]: { contactName: 'Fay', contact: { name: 'Fay' } } }
    const documents: DocumentWriter = {
      ...patient.documents,
      async write(writes) {
        await late
        return patient.documents.write(writes)
      },
    }
    const completing = patient.migrator(theCase, { ...patient, documents }, (message) => {
      if ('event' in message && message.event.type === 'waiting' && message.event.seconds === 7)
        late = patient.write(both, [])
    })
    await completing.complete(migrationId)
    expect(late).toBeDefined()
    expect((await allDocuments(patient.documents))[`${chat}/late`]).toEqual({ contact: { name: 'Fay' } })
  } finally {
    await patient.close()
  }
})

it('what clients write while a migration completes is what they find afterwards', async () => {
  const theCase = renameFieldCases[0] as OperationCase
  await world.fill(theCase)
  const soaking = world.migrator(theCase)
  await soaking.start(await soaking.plan(migrationId))
  // Born and edited by new clients, who write both; one of them edited by an old client after that.
  await world.write(
    {
      [`${chat}/born`]: { contactName: 'Eve', contact: { name: 'Eve' } },
      [`${chat}/late`]: { contactName: 'Fay 2', contact: { name: 'Fay' } },
      [`${chat}/1`]: { contactName: 'Ada 2', contact: { name: 'Ada 2' }, n: 1 },
    },
    [],
  )
  let told = false
  const documents = onTold('contract', world.documents, async () => {
    told = true
    await world.write(
      {
        [`${chat}/born`]: { contactName: 'Eve', contact: { name: 'Eve 3' } },
        [`${chat}/1`]: { contactName: 'Ada 2', contact: { name: 'Ada 3' }, n: 1 },
      },
      [],
    )
  })
  await world.migrator(theCase, { ...world, documents }).complete(migrationId)
  expect(told).toBe(true)
  expect(await allDocuments(world.documents)).toMatchObject({
    [`${chat}/born`]: { contact: { name: 'Eve 3' } },
    [`${chat}/late`]: { contact: { name: 'Fay 2' } },
    [`${chat}/1`]: { contact: { name: 'Ada 3' } },
  })
})

it.each(['contract', 'completed'] as const)(
  'what is written in the new shape alone stays when complete is killed once clients know of %s',
  async (phase) => {
    const theCase = renameFieldCases[0] as OperationCase
    await world.fill(theCase)
    const soaking = world.migrator(theCase)
    await soaking.start(await soaking.plan(migrationId))
    // The whole document in the new shape: the new place is as the copy left it, and the old one is not there.
    const written = { [`${chat}/1`]: { contact: { name: 'Ada' }, n: 2 } }
    const documents = onTold(phase, world.documents, async () => {
      await world.write(written, [])
      throw new Error('killed')
    })
    await expect(world.migrator(theCase, { ...world, documents }).complete(migrationId)).rejects.toThrow('killed')
    await world.tables.transaction((q) => q.script('update lockstep.runs set owner = null'))
    await world.migrator(theCase).complete(migrationId)
    expect(await allDocuments(world.documents)).toMatchObject(written)
  },
)
