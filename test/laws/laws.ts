import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunEvent } from '../../src/ledger/events.ts'
import type { Migrator } from '../../src/migrator.ts'
import type { OperationCase } from '../../src/operations/operation-case.ts'
import { createMortal } from './crashing-stores.ts'
import type { CrashPoint, Mortal } from './crashing-stores.ts'
import { openLawStores } from './law-stores.ts'
import type { LawStores } from './law-stores.ts'
import { allDocuments, catalogOf, migrationId, openWorld, rowsOf } from './world.ts'
import type { World } from './world.ts'

const operationsFolder = new URL('../../src/operations', import.meta.url).pathname
const found = ['firestore', 'postgres'].flatMap((store) =>
  readdirSync(join(operationsFolder, store)).map((name) => join(operationsFolder, store, name, `${name}.case.ts`)),
)
/** Crash points tried of each case: where there are no more than that, every one. */
const crashTries = Number(process.env['LOCKSTEP_CRASH_TRIES'] ?? 1)
const seed = Number(process.env['LOCKSTEP_SEED'] ?? 20_261_122)

/** Test files run side by side, so the cases are shared out: every operation falls into exactly one group. */
export type Group = 'fields' | 'places' | 'tables'

function groupOf(file: string): Group {
  if (file.includes('/postgres/')) return 'tables'
  return /(?:collection|document)\.case\.ts$/.test(file) || file.endsWith('merge-documents.case.ts')
    ? 'places'
    : 'fields'
}

export interface LawCases {
  readonly operation: string
  readonly cases: readonly OperationCase[]
}

/** The cases of the group's operations, or of those named. */
export async function loadCases(group: Group, named?: readonly string[]): Promise<readonly LawCases[]> {
  const all: LawCases[] = []
  for (const file of found.filter((each) => groupOf(each) === group)) {
    const operation = file.split('/').at(-2) ?? ''
    if (named !== undefined && !named.includes(operation)) continue
    const cases = Object.values((await import(file)) as Record<string, readonly OperationCase[]>).flat()
    all.push({ operation, cases })
  }
  expect(all.length).toBeGreaterThanOrEqual(named?.length ?? 1)
  return all
}

export interface LawOptions {
  /** Of which stores; the usual ones without it. */
  readonly open?: () => Promise<LawStores>
  /** Only the laws about a process that dies. */
  readonly crashes?: true
}

/** Tries the laws on these cases, which share their stores. */
export function describeLaws(all: readonly LawCases[], { open = openLawStores, crashes }: LawOptions = {}): void {
  let stores: LawStores
  beforeAll(async () => {
    stores = await open()
  })
  afterAll(() => stores?.close())
  const openStores = async (): Promise<LawStores> => ({ ...stores, close: () => Promise.resolve() })
  for (const { operation, cases } of all)
    describe.each(cases)(`${operation}: $name`, (theCase) => {
      laws(theCase, { openStores, crashes })
    })
}

/** Tries every law on every case of the group's operations. */
export async function tryLaws(group: Group): Promise<void> {
  describeLaws(await loadCases(group))
}

/** Before and after each write. */
function crashPoints(writes: number): readonly CrashPoint[] {
  const numbers = Array.from({ length: writes }, (_, index) => index + 1)
  return numbers.flatMap((write) => [{ write, when: 'before' } as const, { write, when: 'after' } as const])
}

function some<T>(points: readonly T[]): readonly T[] {
  if (points.length <= crashTries) return points
  const [chosen = []] = fc.sample(fc.shuffledSubarray([...points], { minLength: crashTries, maxLength: crashTries }), {
    numRuns: 1,
    seed,
  })
  return chosen
}

/** What several laws look at is done by the first of them. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let done: Promise<T> | undefined
  return () => (done ??= work())
}

interface Trying {
  readonly openStores: () => Promise<LawStores>
  readonly crashes: true | undefined
}

function laws(theCase: OperationCase, { openStores, crashes }: Trying): void {
  let world: World
  beforeAll(async () => {
    world = await openWorld(undefined, undefined, openStores)
  })
  afterAll(() => world.close())

  const law = (name: string, work: () => Promise<void>): void => {
    if (crashes !== true) it(`${name}`, work)
  }

  const up = async (migrator: Migrator): Promise<void> => {
    const [row] = (await migrator.status()).migrations
    if (row?.state === 'pending' || row?.state === 'rolled back') await migrator.start(await migrator.plan(migrationId))
    else if (row?.state !== 'soaking' && row?.state !== 'completed') await migrator.resume(migrationId)
  }

  const expectAfter = async ({ documents, queries, files = {} }: OperationCase['after']): Promise<void> => {
    expect(await allDocuments(world.documents)).toEqual(documents)
    expect(world.files()).toEqual(files)
    for (const { sql, rows } of queries) expect(await world.tables.read((q) => q.query(sql)), sql).toEqual(rows)
  }

  const everything = async (): Promise<unknown> => [
    await allDocuments(world.documents),
    await catalogOf(world.tables),
    await rowsOf(world.tables),
    world.files(),
  ]

  /** To the end, looking on the way; how many writes complete takes. */
  const toTheEnd = once(async () => {
    await world.fill(theCase)
    const migrator = world.migrator(theCase)
    await up(migrator)
    await expectAfter(theCase.after)
    expect(await migrator.verify(migrationId, 'full')).toBe(0)
    expect(await migrator.verify(migrationId, 'counts')).toBe(0)
    const completing = createMortal(world)
    await world.migrator(theCase, completing).complete(migrationId)
    await expectAfter({ ...theCase.after, documents: theCase.completed ?? theCase.after.documents })
    return completing.writes()
  })

  /** There and back: what the world was and is, and how many writes each part took. */
  const thereAndBack = once(async () => {
    await world.fill(theCase)
    const before = await everything()
    const counting = (): Mortal => createMortal(world)
    const [planning, going, verifying, returning] = [counting(), counting(), counting(), counting()]
    await world.migrator(theCase, planning).plan(migrationId)
    await up(world.migrator(theCase, going))
    await world.migrator(theCase, verifying).verify(migrationId, 'full')
    await world.migrator(theCase, returning).down(migrationId)
    const writes = { plan: planning.writes(), up: going.writes(), verify: verifying.writes(), down: returning.writes() }
    return { before, after: await everything(), writes }
  })

  law('before becomes after, and complete keeps it so', async () => void (await toTheEnd()))

  law('applied twice is applied once', async () => {
    await world.fill(theCase)
    await up(world.migrator(theCase))
    const once = await everything()
    // The runs are forgotten; functions that triggers of the tables call stay.
    await world.tables.transaction((q) => q.script('truncate lockstep.runs, lockstep.events cascade'))
    const events: RunEvent[] = []
    await up(world.migrator(theCase, undefined, (message) => 'event' in message && events.push(message.event)))
    expect(await everything()).toEqual(once)
    const changed = events.flatMap((event) => (event.type === 'shard-finished' ? [event.changed] : []))
    expect(changed.reduce((sum, each) => sum + each, 0)).toBe(0)
  })

  law('down gives back the world as it was', async () => {
    const { before, after } = await thereAndBack()
    expect(after).toEqual(before)
  })

  law('down keeps what others wrote since', async () => {
    await world.fill(theCase)
    await up(world.migrator(theCase))
    await world.write(theCase.others.documents, theCase.others.sql, theCase.others.files)
    await world.migrator(theCase).down(migrationId)
    await expectAfter(theCase.others.afterDown)
  })

  law('plan and verify write nothing', async () => {
    expect((await thereAndBack()).writes).toMatchObject({ plan: 0, verify: 0 })
  })

  it('a crash at any write, there or back, ends the same', { timeout: 600_000 }, async () => {
    const { writes } = await thereAndBack()
    const points = [
      ...crashPoints(writes.up).map((point) => ({ ...point, way: 'there' as const })),
      ...crashPoints(writes.down).map((point) => ({ ...point, way: 'back' as const })),
    ]
    const goThere = (migrator: Migrator): Promise<void> => up(migrator)
    const goBack = async (migrator: Migrator): Promise<void> => {
      if ((await migrator.status()).migrations[0]?.state !== 'rolled back') await migrator.down(migrationId)
    }
    for (const { way, ...point } of some(points)) {
      await world.fill(theCase)
      const before = await everything()
      const mortal = createMortal(world, point)
      if (way === 'there') {
        await crash(goThere, world.migrator(theCase, mortal))
        await up(world.migrator(theCase))
        await expectAfter(theCase.after)
        await goBack(world.migrator(theCase))
      } else {
        await up(world.migrator(theCase))
        await crash(goBack, world.migrator(theCase, mortal))
        await goBack(world.migrator(theCase))
      }
      expect(await everything(), `${way}, ${point.when} write ${point.write}`).toEqual(before)
    }
  })

  it('complete, interrupted at any write, can be ended or gone back from', { timeout: 600_000 }, async () => {
    const ends = ['complete', 'down'] as const
    const points = crashPoints(await toTheEnd()).flatMap((point) => ends.map((next) => ({ ...point, next })))
    for (const { next, ...point } of some(points)) {
      await world.fill(theCase)
      const before = [await allDocuments(world.documents), await catalogOf(world.tables), await rowsOf(world.tables)]
      await up(world.migrator(theCase))
      const mortal = createMortal(world, point)
      await crash((migrator) => migrator.complete(migrationId), world.migrator(theCase, mortal))
      const migrator = world.migrator(theCase)
      const isCompleted = (await migrator.status()).migrations[0]?.state === 'completed'
      if (isCompleted || next === 'complete') {
        if (!isCompleted) await migrator.complete(migrationId)
        await expectAfter({ ...theCase.after, documents: theCase.completed ?? theCase.after.documents })
      } else {
        await migrator.down(migrationId)
        const now = [await allDocuments(world.documents), await catalogOf(world.tables), await rowsOf(world.tables)]
        expect(now, `down, ${point.when} write ${point.write}`).toEqual(before)
      }
    }
  })

  /** The lease of a runner that died in this very process is ended by hand: it looks alive. */
  async function crash(work: (migrator: Migrator) => Promise<void>, migrator: Migrator): Promise<void> {
    await work(migrator).catch((error: unknown) => error)
    await world.tables.transaction(async (q) => {
      const [ledger] = await q.query<{ found: boolean }>("select to_regclass('lockstep.runs') is not null as found")
      if (ledger?.found !== true) return
      await q.script(
        `update lockstep.runs set owner = null; update lockstep.shards set owner = null, state = 'pending' where state = 'running'`,
      )
    })
  }
}
