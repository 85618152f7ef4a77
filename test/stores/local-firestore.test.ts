import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createFirestoreServer } from '../../src/local/firestore/server.ts'
import type { FirestoreServer } from '../../src/local/firestore/server.ts'
import { createInterview } from './firestore-answers.ts'
import type { Interview } from './firestore-answers.ts'
import { createCalls } from './firestore-calls.ts'
import { startOfficialEmulator } from './official-emulator.ts'
import { needs } from './skips.ts'
import { askAboutMasks, askAboutTransforms } from './scenarios/changes.ts'
import { askAboutAggregations, askAboutListings, askAboutTransactions } from './scenarios/listings.ts'
import { askAboutNearest } from './scenarios/nearest.ts'
import { askAboutFilters, askAboutOrders, askAboutScopes } from './scenarios/queries.ts'
import { askAboutSubtrees } from './scenarios/subtrees.ts'
import { askAboutNames, askAboutValues } from './scenarios/values.ts'
import { askAboutDocuments, askAboutWrites } from './scenarios/writes.ts'

const scenarios: Readonly<Record<string, (interview: Interview) => Promise<void>>> = {
  writes: askAboutWrites,
  documents: askAboutDocuments,
  names: askAboutNames,
  values: askAboutValues,
  masks: askAboutMasks,
  transforms: askAboutTransforms,
  scopes: askAboutScopes,
  subtrees: askAboutSubtrees,
  filters: askAboutFilters,
  orders: askAboutOrders,
  aggregations: askAboutAggregations,
  listings: askAboutListings,
  transactions: askAboutTransactions,
  nearest: askAboutNearest,
}

const emulator = await startOfficialEmulator()
const official = needs(emulator, 'the official Firestore emulator was not found')
let local: FirestoreServer

beforeAll(async () => {
  local = await createFirestoreServer()
})

afterAll(async () => {
  await createCalls(local.host, 'any').close()
  if (emulator) await createCalls(emulator.host, 'any').close()
  await local.close()
  await emulator?.stop()
})

/** The answers are recorded from the official emulator: `answers/` is its truth, which both servers are held to. */
describe.each(Object.keys(scenarios))('%s', (name) => {
  const answersOf = async (host: string): Promise<string> => {
    const interview = createInterview(createCalls(host, `${name}-${process.pid}`))
    await scenarios[name]?.(interview)
    return `${JSON.stringify(interview.answers, null, 1)}\n`
  }

  test('the official emulator answers as recorded', official, async () => {
    await expect(await answersOf(emulator?.host ?? '')).toMatchFileSnapshot(`./answers/${name}.snap`)
  })

  test('the local server answers as recorded', async () => {
    await expect(await answersOf(local.host)).toMatchFileSnapshot(`./answers/${name}.snap`)
  })
})
