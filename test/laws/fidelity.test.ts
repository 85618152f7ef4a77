import { readdirSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Migrator } from '../../src/migrator.ts'
import type { Fields } from '../../src/stores/documents.ts'
import { storableFields, storableValue } from '../stores/arbitrary-values.ts'
import { startOfficialEmulator } from '../stores/official-emulator.ts'
import { needs } from '../stores/skips.ts'
import { valuesByKind } from '../stores/values-by-kind.ts'
import { fidelityCases } from './fidelity.cases.ts'
import type { FidelityCase, OddDocument, RawDocuments } from './fidelity.cases.ts'
import { openLawStores, openLawStoresOn } from './law-stores.ts'
import type { LawStores } from './law-stores.ts'
import { migrationId, openWorld, rawDocuments } from './world.ts'
import type { World } from './world.ts'

const emulator = await startOfficialEmulator()
afterAll(() => emulator?.stop())

/** Worlds of random documents tried with each operation, each of them with the named values too. */
const tries = Number(process.env['LOCKSTEP_FIDELITY_TRIES'] ?? 1)

const named: readonly OddDocument[] = Object.entries(valuesByKind).map(([kind, value], index) => ({
  id: `${index} ${kind.replaceAll('/', '_')}`,
  odd: { v: value, 'm.`': { mapValue: { fields: { v: value } } } },
  // What moves comes to lie three maps deeper, and 20 is the limit.
  moved: kind === 'a deep map' ? { nullValue: null } : value,
}))

/** Random documents, the same for a seed. */
function randomDocuments(seed: number): readonly OddDocument[] {
  const found = fc.sample(fc.record({ odd: storableFields, moved: storableValue }), { numRuns: 40, seed })
  return found.map((document, index) => ({ id: `random ${index}`, ...document }))
}

it('leaves no operation on documents out', () => {
  const tried = fidelityCases.flatMap(({ steps }) => steps.map(({ kind }) => kind))
  const folders = readdirSync(new URL('../../src/operations/firestore', import.meta.url))
  expect(folders.map((name) => name.replace(/-./g, ([, letter = '']) => letter.toUpperCase())).toSorted()).toEqual(
    [...new Set(tried)].toSorted(),
  )
  expect(named.length).toBeGreaterThan(31)
})

// Both take twice the time: the embedded store has its turn where there is no other, or on demand.
if (emulator === undefined || process.env['LOCKSTEP_FIDELITY_TRIES'] !== undefined)
  describe('on the embedded store', () => {
    keepsEveryBit(openLawStores)
  })

describe('on the official emulator', needs(emulator, 'no official Firestore emulator found'), () => {
  keepsEveryBit(() => openLawStoresOn(emulator?.host ?? ''))
})

function keepsEveryBit(open: () => Promise<LawStores>): void {
  let world: World
  beforeAll(async () => {
    world = await openWorld(undefined, undefined, open)
  })
  afterAll(() => world.close())

  it.each(fidelityCases)(
    '$name keeps every bit of what it moves and of what it does not',
    { timeout: 300_000 },
    async (theCase) => {
      for (let seed = 1; seed <= tries; seed++)
        await goThereAndBack(world, theCase, [...named, ...randomDocuments(seed)])
    },
  )
}

/** Up, down to the bit, up again, and complete. */
async function goThereAndBack(world: World, theCase: FidelityCase, documents: readonly OddDocument[]): Promise<void> {
  const worlds = documents.map(theCase.worldOf)
  const before = merged(worlds.map((each) => each.before))
  await world.fill(theCase)
  await world.put(before)
  expect(await rawDocuments(world.documents)).toEqual(before)
  const migrator = world.migrator(theCase)
  await up(migrator)
  expect(await rawDocuments(world.documents)).toEqual(merged(worlds.map((each) => each.after)))
  await migrator.down(migrationId)
  expect(await rawDocuments(world.documents)).toEqual(before)
  await up(migrator)
  await migrator.complete(migrationId)
  expect(await rawDocuments(world.documents)).toEqual(merged(worlds.map((each) => each.completed)))
}

async function up(migrator: Migrator): Promise<void> {
  await migrator.start(await migrator.plan(migrationId))
}

function merged(parts: readonly RawDocuments[]): Readonly<Record<string, Fields>> {
  return Object.fromEntries(parts.flatMap((part) => Object.entries(part)))
}
