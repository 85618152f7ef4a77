import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { RunEvent } from '../../src/ledger/events.ts'
import type { Migrator } from '../../src/migrator.ts'
import type { DocumentWriter, Fields } from '../../src/stores/documents.ts'
import { createMortal } from './crashing-stores.ts'
import { beside, blind, free, marked } from './in-place.cases.ts'
import { allDocuments, migrationId, openWorld } from './world.ts'
import type { World } from './world.ts'

/** Kills of each case; several hit one run. */
const kills = Number(process.env['LOCKSTEP_CRASH_TRIES'] ?? 12)
const killsOfARun = 5

let world: World
let events: RunEvent[]
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())
beforeEach(() => {
  events = []
})

function migratorOf(theCase: typeof blind, stores?: Pick<World, 'documents' | 'tables'>): Migrator {
  return world.migrator(theCase, { ...world, ...stores }, (message) => 'event' in message && events.push(message.event))
}

async function up(migrator: Migrator): Promise<void> {
  const [row] = (await migrator.status()).migrations
  if (row?.state === 'pending' || row?.state === 'rolled back')
    await migrator.start(await migrator.plan(migrationId), 'cutover', ['same-type-in-place'])
  else if (row?.state !== 'soaking') await migrator.resume(migrationId)
}

/** The stores as `up` sees them, and someone who writes just before a batch with this document. */
function meeting(name: string, others: () => Promise<void>): Pick<World, 'documents' | 'tables'> {
  let met = false
  const write: DocumentWriter['write'] = async (batch) => {
    if (!met && batch.some((each) => each.name === name)) {
      met = true
      await others()
    }
    return world.documents.write(batch)
  }
  return { tables: world.tables, documents: { ...world.documents, write } }
}

const priceOf = async (id: string): Promise<unknown> => (await allDocuments(world.documents))[`Users/${id}`]?.['price']
const keptCount = (): number => events.reduce((sum, event) => sum + (event.type === 'kept' ? event.count : 0), 0)

describe('where nothing tells what is converted', () => {
  it('converts once, goes back, completes, and leaves what comes after the switch to its writers', async () => {
    await world.fill(blind)
    await up(migratorOf(blind))
    expect(await priceOf('0')).toBe(100)
    await migratorOf(blind).down(migrationId)
    expect(await allDocuments(world.documents)).toEqual(blind.before.documents)
    await up(migratorOf(blind))
    await world.write({ 'Users/new': { price: 7 }, 'Users/1': { price: 8 } }, [])
    await migratorOf(blind).complete(migrationId)
    expect([await priceOf('new'), await priceOf('1'), await priceOf('2')]).toEqual([7, 8, 300])
  })

  it('never guesses at what others write meanwhile: it stays, is told, and stops the switch', async () => {
    await world.fill(blind)
    const others = (): Promise<void> => world.write({ 'Users/3': { price: 123_00 }, 'Users/z': { price: 4 } }, [])
    await expect(up(migratorOf(blind, meeting('Users/3', others)))).rejects.toMatchObject({ code: 'LS-5001' })
    expect([await priceOf('3'), await priceOf('z'), await priceOf('0')]).toEqual([123_00, 4, 100])
    expect(keptCount()).toBe(1)
    const found = events.flatMap((event) => (event.type === 'finding' ? [event.where] : []))
    expect(new Set(found)).toEqual(new Set(['Users/3', 'Users/z']))
    await migratorOf(blind).down(migrationId)
    const before = { ...blind.before.documents, 'Users/3': { price: 123_00 }, 'Users/z': { price: 4 } }
    expect(await allDocuments(world.documents)).toEqual(before)
  })

  it('keeps on the way back what others changed since', async () => {
    await world.fill(blind)
    await up(migratorOf(blind))
    await world.write({ 'Users/3': { price: 5 } }, [])
    events = []
    await migratorOf(blind).down(migrationId)
    expect(await allDocuments(world.documents)).toEqual({ ...blind.before.documents, 'Users/3': { price: 5 } })
    expect(keptCount()).toBeGreaterThan(0)
  })
})

it.each([marked, beside, free])(
  'a loss that comes late is left, told and found, and stops no shard: $name',
  async (theCase) => {
    await world.fill(theCase)
    const others = (): Promise<void> => world.write({ 'Users/3': { price: 'secret' } }, [])
    const running = up(migratorOf(theCase, meeting('Users/3', others)))
    await expect(running).rejects.toMatchObject({ code: 'LS-5001' })
    expect(events.some(({ type }) => type === 'shard-failed')).toBe(false)
    expect(keptCount()).toBeGreaterThan(0)
    expect(await priceOf('3')).toBe('secret')
    expect(JSON.stringify(events)).not.toContain('secret')
    await world.write({ 'Users/3': { price: 500 } }, [])
    await up(migratorOf(theCase))
    // What is written after the last sweep is the last one's.
    await migratorOf(theCase).complete(migrationId)
    expect(await allDocuments(world.documents)).toMatchObject({
      'Users/3': theCase === beside ? { euros: 5 } : { price: 5 },
    })
  },
)

it.each([blind, marked, beside, free])(
  'killed again and again, there and back, nothing is converted twice: $name',
  { timeout: 600_000 },
  async (theCase) => {
    await world.fill(theCase)
    const whole = createMortal(world)
    await up(migratorOf(theCase, whole))
    const after = await allDocuments(world.documents)
    const point = fc.record({
      thousandth: fc.integer({ min: 0, max: 999 }),
      when: fc.constantFrom('before' as const, 'after' as const),
    })
    const run = fc.array(point, { minLength: killsOfARun, maxLength: killsOfARun })
    const killed = fc.asyncProperty(run, async (points) => {
      await world.fill(theCase)
      for (const { thousandth, when } of points) {
        const write = 1 + Math.floor((thousandth / 1000) * whole.writes())
        await up(migratorOf(theCase, createMortal(world, { write, when }))).catch((error: unknown) => error)
        await release()
      }
      await up(migratorOf(theCase))
      expect(await allDocuments(world.documents)).toEqual(after)
      const back = createMortal(world, {
        write: 1 + ((points[0]?.thousandth ?? 0) % 12),
        when: points[0]?.when ?? 'after',
      })
      await migratorOf(theCase, back)
        .down(migrationId)
        .catch((error: unknown) => error)
      await release()
      if ((await migratorOf(theCase).status()).migrations[0]?.state !== 'rolled back')
        await migratorOf(theCase).down(migrationId)
      expect(await allDocuments(world.documents)).toEqual(theCase.before.documents)
    })
    await fc.assert(killed, { numRuns: Math.ceil(kills / killsOfARun), seed: 20_261_122, endOnFailure: true })
  },
)

/** The lease of a runner that died in this very process is ended by hand: it looks alive. */
async function release(): Promise<void> {
  await world.tables.transaction(async (q) => {
    const [ledger] = await q.query<{ found: boolean }>("select to_regclass('lockstep.runs') is not null as found")
    if (ledger?.found !== true) return
    await q.script(
      "update lockstep.runs set owner = null; update lockstep.shards set owner = null, state = 'pending' where state = 'running'",
    )
  })
}

it('leaves every other value of a document as it is, bit by bit, there and back', async () => {
  const odd: Fields = {
    price: { integerValue: '500' },
    five: { doubleValue: 5 },
    large: { integerValue: '9007199254740993' },
    foreign: { referenceValue: 'projects/other/databases/x/documents/a/b' },
    list: { arrayValue: { values: [{ doubleValue: 1 }, { mapValue: { fields: { zero: { doubleValue: '-0' } } } }] } },
    at: { timestampValue: '2024-01-01T00:00:00.123456Z' },
  }
  for (const theCase of [marked, beside, free]) {
    await world.fill(theCase)
    await world.documents.write([{ op: 'put', name: 'Users/odd', fields: odd, expect: 'any' }])
    const raw = async (): Promise<Fields | undefined> => (await world.documents.get(['Users/odd']))[0]?.fields
    await up(migratorOf(theCase))
    const expected =
      theCase === beside
        ? { ...odd, euros: { integerValue: '5' } }
        : { ...odd, price: { integerValue: '5' }, v: { integerValue: '2' } }
    expect(await raw()).toEqual(expected)
    await migratorOf(theCase).down(migrationId)
    expect(await raw()).toEqual(odd)
  }
})
