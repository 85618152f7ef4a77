import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createMortal } from '../../../../test/laws/crashing-stores.ts'
import { migrationId, openWorld } from '../../../../test/laws/world.ts'
import type { World } from '../../../../test/laws/world.ts'
import { createFirestoreServer } from '../../../local/firestore/server.ts'
import { startFakeAdminServer } from '../../../../test/stores/fake-admin-server.ts'
import type { FakeAdminServer } from '../../../../test/stores/fake-admin-server.ts'
import type { Migrator } from '../../../migrator.ts'
import type { OperationCase } from '../../operation-case.ts'
import { ensureIndexCases } from './ensure-index.case.ts'
import { ensureIndex, ensureIndexStep } from './ensure-index.ts'
import type { EnsureIndexOptions } from './index-spec.ts'
import { wantedOf } from './index-spec.ts'

const name = 'firestore.indexes.json'

function caseNamed(start: string): OperationCase {
  const found = ensureIndexCases.find((each) => each.name.startsWith(start))
  if (found === undefined) throw new Error(`no case ${start}`)
  return found
}
const several = caseNamed('a composite')
const exemption = caseNamed('an exemption')

const specOf = (group: string, options: unknown) =>
  ensureIndex.parse({ group, options } satisfies { group: string; options: unknown })

describe('parse', () => {
  it.each<[string, string, unknown, string]>([
    ['a pattern', 'Users/{uid}', { fields: ['a'] }, 'LS-2101'],
    ['a reserved collection', '__x__', { fields: ['a'] }, 'LS-2101'],
    ['no options', 'm', undefined, 'LS-2002'],
    ['no fields', 'm', { fields: [] }, 'LS-2002'],
    ['a malformed field', 'm', { fields: ['a..b'] }, 'LS-2103'],
    ['an unknown way to index', 'm', { fields: [['a', 'up']] }, 'LS-2002'],
    ['an unknown scope', 'm', { fields: ['a'], scope: 'ALL' }, 'LS-2002'],
    ['a field twice', 'm', { fields: ['a', ['`a`', 'desc']] }, 'LS-2002'],
    [
      'two arrays',
      'm',
      {
        fields: [
          ['a', 'contains'],
          ['b', 'contains'],
        ],
      },
      'LS-2002',
    ],
    ['a vector that is not last', 'm', { fields: [['v', { vector: 3 }], 'a'] }, 'LS-2002'],
    ['a vector too long', 'm', { fields: [['v', { vector: 2049 }]] }, 'LS-2002'],
    ['the name alone', 'm', { fields: ['__name__'] }, 'LS-2002'],
    ['a vector of a single field', 'm', { field: 'v', indexes: [{ vector: 3 }] }, 'LS-2002'],
    ['indexes that are no list', 'm', { field: 'v', indexes: 'asc' }, 'LS-2002'],
    ['create that is no boolean', 'm', { fields: ['a'], create: 'yes' }, 'LS-2002'],
  ])('refuses %s', (_, group, options, code) => {
    expect(() => specOf(group, options)).toThrow(expect.objectContaining({ code }))
  })

  it.each<[EnsureIndexOptions, string, unknown]>([
    [{ fields: ['a'] }, 'field', [{ scope: 'COLLECTION', by: 'ASCENDING' }]],
    [{ fields: [['a', 'contains'], '__name__'] }, 'field', [{ scope: 'COLLECTION', by: 'CONTAINS' }]],
    [{ fields: [['v', { vector: 3 }]] }, 'composite', undefined],
    [{ fields: ['a', ['__name__', 'desc']] }, 'composite', undefined],
    [{ field: 'a', indexes: ['asc', 'asc'] }, 'field', [{ scope: 'COLLECTION', by: 'ASCENDING' }]],
  ])('%j is a %s', (options, kind, indexes) => {
    expect(wantedOf(specOf('m', options))).toMatchObject(indexes === undefined ? { kind } : { kind, indexes })
  })

  it('tells lint which queries it makes possible', () => {
    const shape = (options: EnsureIndexOptions) => ensureIndex.shape?.(specOf('m', options))
    const index = { change: 'index', collection: 'm' }
    expect(shape({ fields: ['a.b', 'c', ['__name__', 'desc']], scope: 'COLLECTION_GROUP' })).toEqual([
      { ...index, fields: [['a', 'b'], ['c']], across: true },
    ])
    expect(shape({ field: 'a', indexes: ['asc', 'desc', ['asc', 'COLLECTION_GROUP']] })).toEqual([
      { ...index, fields: [['a']], across: false },
      { ...index, fields: [['a']], across: true },
    ])
    expect(shape({ field: 'a', indexes: [] })).toEqual([{ change: 'exempt', collection: 'm', path: ['a'] }])
  })

  it('gives what was called for', () => {
    expect(ensureIndexStep('m', { fields: ['a'] })).toEqual({
      kind: 'ensureIndex',
      spec: { group: 'm', options: { fields: ['a'] } },
    })
  })
})

describe('on a store without an admin API', () => {
  let world: World
  const told: string[] = []
  beforeAll(async () => {
    world = await openWorld()
  })
  beforeEach(() => void told.splice(0))
  afterAll(() => world.close())

  const migrator = (theCase: OperationCase): Migrator =>
    world.migrator(theCase, undefined, (message) => {
      if ('event' in message && message.event.type === 'warning') told.push(message.event.message)
    })

  it('plan and journal say what is skipped, where it was asked for', async () => {
    await world.fill(several)
    const planned = await migrator(several).plan(migrationId)
    expect(planned.steps.map(({ warnings }) => warnings.map(({ code }) => code))).toEqual([[], [], ['W102'], ['W105']])
    expect(planned.steps.flatMap(({ shards }) => shards.map(({ phase }) => phase))).toEqual(Array(4).fill('expand'))
    await migrator(several).start(planned)
    expect(told).toEqual([
      `messages (timestamp descending across all collections) was not created: this store has no admin API; ${name} has it`,
    ])
  })

  it('an exemption warns of the queries that fail; a file that is made is told of', async () => {
    await world.fill(exemption)
    const planned = await migrator(exemption).plan(migrationId)
    expect(planned.steps[0]?.effects).toMatchObject([{ phase: 'expand', what: `create ${name}`, count: { value: 1 } }])
    expect(planned.steps[0]?.warnings.map(({ code }) => code)).toEqual(['W104'])
    await migrator(exemption).start(planned)
    expect(told).toEqual([`${name} did not exist and was created`])
  })

  it('a malformed file stops the plan, and what came between stops the run; neither is written', async () => {
    await world.fill(several)
    const planned = await migrator(several).plan(migrationId)
    await world.write({}, [], { [name]: '{ "indexes": [ }' })
    await expect(migrator(several).plan(migrationId)).rejects.toMatchObject({ code: 'LS-2401' })
    await expect(migrator(several).start(planned)).rejects.toThrow(`${name}:1:16: value expected`)
    expect(world.files()).toEqual({ [name]: '{ "indexes": [ }' })
  })

  it('verification finds an entry that went since', async () => {
    await world.fill(exemption)
    await migrator(exemption).start(await migrator(exemption).plan(migrationId))
    await world.write({}, [], { [name]: '{}' })
    expect(await migrator(exemption).verify(migrationId, 'full')).toBe(1)
  })

  it('down keeps what another migration needs', async () => {
    await world.fill(exemption)
    await migrator(exemption).start(await migrator(exemption).plan(migrationId))
    const applied = world.files()
    await world.tables.transaction((q) =>
      q.script(`
        insert into lockstep.runs (id, migration, checksum, state, phase, plan, actor)
          select 'other', 'later', checksum, 'soaking', phase, plan, actor from lockstep.runs;
        insert into lockstep.steps (run, step, kind, memo) select 'other', step, kind, memo from lockstep.steps`),
    )
    await migrator(exemption).down(migrationId)
    expect(world.files()).toEqual(applied)
    expect(told).toContain('messages (body not indexed) stays: later needs it')
  })
})

describe('on the local Firestore, which manages indexes where it demands them', () => {
  it('up creates and waits, the query is served; down deletes, and it is refused', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lockstep-local-indexes-'))
    const indexFile = join(folder, 'deployed.json')
    writeFileSync(indexFile, '{}')
    const local = await createFirestoreServer({ indexFile })
    const world = await openWorld(local.host)
    const all = async () => (await world.indexes.list('messages')).map(({ state }) => state)
    try {
      await world.fill(several)
      const migrator = world.migrator(several)
      await migrator.start(await migrator.plan(migrationId))
      expect(await all()).toEqual(['READY'])
      expect((await world.indexes.field('messages', 'timestamp')).indexes).toHaveLength(4)
      expect(await migrator.verify(migrationId, 'full')).toBe(0)
      await migrator.down(migrationId)
      expect(await all()).toEqual([])
      expect(await world.indexes.field('messages', 'timestamp')).toMatchObject({ automatic: true })
    } finally {
      await world.close()
      await local.close()
      rmSync(folder, { recursive: true })
    }
  })
})

describe('with an admin API', () => {
  let world: World
  let server: FakeAdminServer
  const told: string[] = []
  const chats = 'projects/demo-laws/databases/(default)/collectionGroups/chats/indexes/'
  const messages = 'projects/demo-laws/databases/(default)/collectionGroups/messages'
  beforeEach(async () => {
    told.splice(0)
    server = await startFakeAdminServer()
    server.finishAfterLooks(6)
    world = await openWorld(server.host)
  })
  afterEach(async () => {
    await world.close()
    await server.stop()
  })

  const migrator = (mortal?: ReturnType<typeof createMortal>): Migrator =>
    world.migrator(several, mortal, (message) => {
      if ('event' in message && message.event.type === 'warning') told.push(message.event.message)
    })
  const up = async (mortal?: ReturnType<typeof createMortal>): Promise<void> => {
    const each = migrator(mortal)
    const state = (await each.status()).migrations[0]?.state
    if (state === 'pending' || state === 'rolled back') await each.start(await each.plan(migrationId))
    else if (state !== 'soaking') await each.resume(migrationId)
  }
  const states = () => [...server.indexes.values()].map((index) => index['state'])

  it('the plan says what will be built and how long that may take', async () => {
    await world.fill(several)
    const { steps } = await migrator().plan(migrationId)
    expect(steps[0]?.effects[1]).toMatchObject({
      phase: 'backfill',
      what: 'create the index through the admin API, wait until it is READY',
      count: { value: 1, source: 'counted' },
      unit: 'documents',
      cost: 0,
    })
    expect(steps[0]?.effects[1]?.disk).toBeGreaterThan(100)
    expect(steps[0]?.shards).toEqual([
      { phase: 'expand', stage: 0, scope: {}, estimate: 1 },
      { phase: 'backfill', stage: 900, scope: {}, estimate: 1 },
    ])
    expect(server.writes).toEqual([])
  })

  it('up creates and waits, a second up writes nothing, down deletes what was ours alone', async () => {
    await world.fill(several)
    await up()
    expect(server.writes.toSorted()).toEqual(['CreateIndex', 'CreateIndex', 'UpdateField', 'UpdateField'])
    expect(states()).toEqual(['READY', 'READY'])
    expect(server.fields.get(`${messages}/fields/timestamp`)).toHaveLength(4)
    expect(await migrator().verify(migrationId, 'full')).toBe(0)
    const files = world.files()
    await migrator().down(migrationId)
    expect(world.files()).toEqual(several.before.files)
    // Its entry was in the file before us, so it is someone else's too.
    expect([...server.indexes.keys()]).toEqual([expect.stringContaining(chats)])
    expect(told.at(-1)).toBe(`chats (language ascending, at descending) stays on the server: ${name} lists it`)
    expect(server.fields.size).toBe(0)
    await world.write({}, [], files)
    await up()
    const writes = server.writes.length
    await world.tables.transaction((q) => q.script('drop schema lockstep cascade'))
    await up()
    expect(server.writes).toHaveLength(writes)
    await migrator().down(migrationId)
    expect(world.files()).toEqual(files)
    expect(states()).toEqual(['READY', 'READY'])
  })

  it('waits for a build that is under way already, shows how far it is, and leaves it on the way back', async () => {
    await world.fill(several)
    await world.indexes.createIndex({
      group: 'messages',
      scope: 'COLLECTION_GROUP',
      fields: [
        { path: 'sender', by: 'ASCENDING' },
        { path: 'timestamp', by: 'DESCENDING' },
      ],
    })
    server.advance(70, 100)
    server.finishAfterLooks(Number.POSITIVE_INFINITY)
    const planned = await migrator().plan(migrationId)
    expect(planned.steps[0]?.effects[1]?.what).toBe('wait for the build under way')
    const started = migrator().start(planned)
    const indexed = async () => {
      const [row] = await world.tables.read((q) =>
        q.query<{ skipped: number }>("select skipped from lockstep.shards where step = 0 and phase = 'backfill'"),
      )
      return row?.skipped
    }
    await expect.poll(indexed, { timeout: 20_000 }).toBe(70)
    server.finish()
    await started
    expect(server.indexes.size).toBe(2)
    expect(server.writes.filter((call) => call === 'CreateIndex')).toHaveLength(2)
    await migrator().down(migrationId)
    expect(states()).toEqual(['READY', 'READY'])
  })

  it('a build that failed stops the run, with what to do', async () => {
    await world.fill(several)
    server.finishAfterLooks(Number.POSITIVE_INFINITY)
    const planned = await migrator().plan(migrationId)
    const started = migrator().start(planned)
    await expect.poll(() => server.writes.length, { timeout: 20_000 }).toBe(4)
    server.finish('NEEDS_REPAIR')
    await expect(started).rejects.toThrow(/its state is NEEDS_REPAIR; see the failed operation/)
    await expect(migrator().plan(migrationId)).rejects.toMatchObject({ code: 'LS-2402' })
  })

  it('what nobody may create is verified until somebody deployed it', async () => {
    await world.fill(several)
    const look = { ...world, indexes: { ...world.indexes, create: false } }
    const planned = await world.migrator(several, look).plan(migrationId)
    expect(planned.steps[0]?.warnings.map(({ code }) => code)).toEqual(['W103'])
    await expect(world.migrator(several, look).start(planned)).rejects.toMatchObject({ code: 'LS-5001' })
    expect(server.writes).toEqual(['UpdateField'])
  })

  it('a crash at any write, there or back, ends the same', { timeout: 300_000 }, async () => {
    await world.fill(several)
    const counting = createMortal(world)
    await up(counting)
    const back = createMortal(world)
    await migrator(back).down(migrationId)
    const tries = 3
    for (let n = 0; n < tries * 4; n++) {
      const way = n % 2 === 0 ? 'there' : 'back'
      const when = n % 4 < 2 ? 'before' : 'after'
      const writes = way === 'there' ? counting.writes() : back.writes()
      const mortal = createMortal(world, { write: 1 + Math.floor((Math.floor(n / 4) / tries) * writes), when })
      for (const key of server.indexes.keys()) server.indexes.delete(key)
      server.finish()
      await world.fill(several)
      if (way === 'there') await crash(() => up(mortal))
      await up()
      expect(world.files()).toEqual(several.after.files)
      expect(states()).toEqual(['READY', 'READY'])
      if (way === 'back') await crash(() => migrator(mortal).down(migrationId))
      if ((await migrator().status()).migrations[0]?.state !== 'rolled back') await migrator().down(migrationId)
      expect(world.files()).toEqual(several.before.files)
      expect([...server.indexes.keys()], `${way} ${when}`).toEqual([expect.stringContaining(chats)])
      expect(server.fields.size).toBe(0)
    }
  })

  /** The lease of a runner that died in this very process is ended by hand: it looks alive. */
  async function crash(work: () => Promise<void>): Promise<void> {
    await work().catch((error: unknown) => error)
    await world.tables.transaction(async (q) => {
      const [ledger] = await q.query<{ found: boolean }>("select to_regclass('lockstep.runs') is not null as found")
      if (ledger?.found !== true) return
      await q.script(
        `update lockstep.runs set owner = null; update lockstep.shards set owner = null, state = 'pending' where state = 'running'`,
      )
    })
  }
})
