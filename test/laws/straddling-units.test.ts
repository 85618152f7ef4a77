import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Migrator } from '../../src/migrator.ts'
import { foldSubcollectionCases } from '../../src/operations/firestore/fold-subcollection/fold-subcollection.case.ts'
import type { CaseDocuments, OperationCase } from '../../src/operations/operation-case.ts'
import { createMortal } from './crashing-stores.ts'
import type { CrashPoint } from './crashing-stores.ts'
import { allDocuments, migrationId, openWorld } from './world.ts'
import type { World } from './world.ts'

const tries = Number(process.env['LOCKSTEP_CRASH_TRIES'] ?? 2)

/** The children of one missing document fill three pages, which are settled at once: each makes the document. */
const keys = Array.from({ length: 1_100 }, (_, n) => `k${String(n).padStart(4, '0')}`)
const before: CaseDocuments = Object.fromEntries(keys.map((key) => [`Users/a/workflows/${key}`, { name: key, n: 1 }]))
const [theCase] = foldSubcollectionCases as readonly [OperationCase]

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

async function up(migrator: Migrator): Promise<void> {
  const state = (await migrator.status()).migrations[0]?.state
  if (state === 'pending') await migrator.start(await migrator.plan(migrationId))
  else if (state !== 'soaking') await migrator.resume(migrationId)
}

/** Up, dying there when told to, and up again; the number of writes it took. */
async function attempt(point?: CrashPoint): Promise<number> {
  const full = { ...theCase, before: { documents: before, sql: [] } }
  await world.fill(full)
  const mortal = createMortal(world, point)
  await up(world.migrator(theCase, mortal)).catch((error: unknown) => {
    if (point === undefined) throw error
  })
  const ended = 'update lockstep.runs set owner = null'
  const freed = "update lockstep.shards set owner = null, state = 'pending' where state = 'running'"
  if (point !== undefined) {
    await world.tables.transaction(async (q) => {
      const [ledger] = await q.query<{ found: boolean }>("select to_regclass('lockstep.runs') is not null as found")
      if (ledger?.found === true) await q.script(`${ended}; ${freed}`)
    })
    await up(world.migrator(theCase))
  }
  return mortal.writes()
}

it(
  'a document that several pages make is there once, and gone again on the way back',
  { timeout: 600_000 },
  async () => {
    const writes = await attempt()
    const whole = { workflows: Object.fromEntries(keys.map((key) => [key, { n: 1 }])) }
    expect((await allDocuments(world.documents))['Users/a']).toEqual(whole)
    for (let n = 1; n <= tries; n++) {
      const when = n % 2 === 0 ? 'before' : 'after'
      await attempt({ write: Math.ceil((n * writes) / (tries + 1)), when })
      expect((await allDocuments(world.documents))['Users/a']).toEqual(whole)
      await world.migrator(theCase).down(migrationId)
      expect(await allDocuments(world.documents)).toEqual(before)
    }
  },
)
