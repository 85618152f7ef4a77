import { afterAll, beforeAll, expect, it } from 'vitest'
import type { RunEvent } from '../../src/ledger/events.ts'
import type { OperationCase } from '../../src/operations/operation-case.ts'
import { startMockProvider } from '../embeddings/mock-provider.ts'
import {
  bornLater,
  indexAlone,
  leftOver,
  manyRows,
  manyTables,
  meanwhile,
  refusedText,
  wrongModel,
} from './embeddings.cases.ts'
import { catalogOf, migrationId, openWorld, rowsOf } from './world.ts'
import type { World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

const query = (sql: string): Promise<readonly unknown[]> => world.tables.read((q) => q.query(sql))
const up = async (theCase: OperationCase): Promise<readonly RunEvent[]> => {
  await world.fill(theCase)
  const events: RunEvent[] = []
  const migrator = world.migrator(theCase, undefined, (message) => 'event' in message && events.push(message.event))
  await migrator.start(await migrator.plan(migrationId))
  return events
}

it('refuses to go on where stored vectors are not of the model that was named, and changes nothing', async () => {
  await world.fill(wrongModel)
  const before = [await catalogOf(world.tables), await rowsOf(world.tables)]
  await expect(up(wrongModel)).rejects.toThrow(/not those of hash-1/)
  expect(await rowsOf(world.tables)).toEqual(before[1])
  await world.migrator(wrongModel).down(migrationId)
  expect([await catalogOf(world.tables), await rowsOf(world.tables)]).toEqual(before)
})

it('a text that the provider refuses is listed with the reason, the others have their vectors', async () => {
  await up(refusedText)
  expect(await query('select id from documents where embedding is null')).toEqual([{ id: 7 }])
  const listed = await query('select table_name, key, problem from lockstep_vectors.missing')
  expect(listed).toEqual([{ table_name: 'documents', key: ['7'], problem: 'the provider refused it' }])
  expect(await world.migrator(refusedText).verify(migrationId, 'full')).toBe(0)
})

it('after down nothing is listed as missing but rows that are there and lack a vector', async () => {
  await up(refusedText)
  // A client deleted that row after its new vector was asked for.
  await world.tables.transaction((q) =>
    q.script("insert into lockstep_vectors.missing (table_name, key) values ('documents', '{999}')"),
  )
  await world.migrator(refusedText).down(migrationId)
  expect(await query("select nspname from pg_namespace where nspname ~ '^lockstep_'")).toEqual([])
})

it('tells a vector that went missing, and rows that are not the same in both tables', async () => {
  await up(refusedText)
  await world.tables.transaction((q) =>
    q.script(`update lockstep_past.documents set content = 'other' where id = 3; delete from lockstep_past.documents where id = 4;
      update documents set embedding = null where id = 5`),
  )
  const found: string[] = []
  const migrator = world.migrator(refusedText, undefined, (message) => {
    if ('event' in message && message.event.type === 'finding') found.push(message.event.problem)
  })
  await migrator.verify(migrationId, 'full')
  expect(found).toEqual([
    '1 rows are not in its twin',
    '1 rows are not the same in its twin',
    '1 rows have no new vector and are not listed',
  ])
})

it('during the soak a search function finds the table for queries of either dimension', async () => {
  await up(refusedText)
  const tableFor = (dimensions: number): string =>
    `select lockstep_vectors.table_for('documents', ${dimensions})::text as name`
  expect(await query(tableFor(16))).toEqual([{ name: 'documents' }])
  expect(await query(tableFor(8))).toEqual([{ name: 'lockstep_past.documents' }])
  await world.migrator(refusedText).complete(migrationId)
  expect(await query(tableFor(8))).toEqual([{ name: 'documents' }])
  expect(await query("select relname from pg_class where relnamespace = 'lockstep_past'::regnamespace")).toEqual([])
})

it('an index is built after the rows, and finds what an exact search finds', async () => {
  await up(manyRows)
  expect(await query("select indexname from pg_indexes where indexdef like '%USING hnsw%'")).toHaveLength(1)
  expect(await world.migrator(manyRows).verify(migrationId, 'full')).toBe(0)
})

it('an index alone is measured beside the old one, which goes in the end, in tenants born since as well', async () => {
  const born = (uid: string): Promise<void> =>
    world.tables.transaction((q) => q.script(`select create_notes('${uid}')`))
  const kinds = `select tablename as name, string_agg(substring(indexdef from 'USING (hnsw|ivfflat)'), ' ' order by indexdef like '%ivfflat%') as kinds
    from pg_indexes where indexdef ~ 'USING (hnsw|ivfflat)' group by 1 order by 1`
  const events = await up(indexAlone)
  // The old one with its 50 lists and one probe would find far less.
  expect(events.find(({ type }) => type === 'measured')).toMatchObject({ where: 'notes_a', figures: { recall: 1 } })
  await born('b')
  expect(await query(kinds)).toEqual(['a', 'b'].map((uid) => ({ name: `notes_${uid}`, kinds: 'hnsw ivfflat' })))
  await world.migrator(indexAlone).complete(migrationId)
  await born('c')
  expect(await query(kinds)).toEqual(['a', 'b', 'c'].map((uid) => ({ name: `notes_${uid}`, kinds: 'hnsw' })))
})

it('a row of a tenant born since gets its vector back, though its key changes while that is made', async () => {
  await up(bornLater)
  await world.tables.transaction((q) =>
    q.script(`select create_notes('b'); insert into notes_b (id, content) values (1, 'one'), (2, 'two')`),
  )
  meanwhile.work = async () => {
    meanwhile.work = async () => {}
    await world.tables.transaction((q) => q.script('update notes_b set id = 1000 where id = 1'))
  }
  await world.migrator(bornLater).down(migrationId)
  expect(await query('select id, embedding is null as lacks from notes_b order by id')).toEqual([
    { id: 2, lacks: false },
    { id: 1000, lacks: false },
  ])
  expect(await query("select nspname from pg_namespace where nspname ~ '^lockstep_'")).toEqual([])
})

it('a row that came back without its vector gets it, though its key changes while that is made', async () => {
  await up(leftOver)
  const write = (sql: string): Promise<void> => world.tables.transaction((q) => q.script(sql))
  await write("insert into documents (id, content) values (1, 'one')")
  let last = 1
  meanwhile.work = async () => {
    const [noted] = await query('select stage from lockstep_vectors.changes')
    // Before the switch there is always one more; after it all get other keys.
    if ((noted as { stage: string }).stage !== 'returned')
      await write(
        `insert into documents (id, content) select ${++last}, 'row ${last}' union all select ${++last}, 'row ${last}'`,
      )
    else await write('update documents set id = id + 1000 where id < 1000')
  }
  await world.migrator(leftOver).down(migrationId)
  meanwhile.work = async () => {}
  expect(last).toBeGreaterThan(12)
  expect(
    await query(
      'select count(*)::int as rows, count(embedding)::int as embedded, min(id) > 1000 as moved from documents',
    ),
  ).toEqual([{ rows: last, embedded: last, moved: true }])
  expect(await query("select tgname from pg_trigger where tgrelid = 'documents'::regclass")).toEqual([])
  expect(await query("select nspname from pg_namespace where nspname ~ '^lockstep_'")).toEqual([])
})

it('tables of many tenants share calls, and each text is paid for once', async () => {
  const provider = await startMockProvider({ dimensions: 16 })
  const { baseUrl, apiKey } = provider
  const limits = { itemsPerCall: 100 }
  const large = { provider: 'openai-compatible', model: 'm', dimensions: 16, baseUrl, apiKey, limits } as const
  try {
    await up({ ...manyTables, embedders: { large } })
    const { paid, sizes } = provider.statistics
    const rows = await query(
      "select string_agg(format('select content from notes_%s', uid), ' union ') as sql from owners",
    )
    const texts = await query((rows[0] as { sql: string }).sql)
    expect(paid.size).toBe(texts.length)
    // A call for the first tenants alone, whom the others wait for; verification asks anew for some texts of three tables.
    const fill = sizes.filter((size) => size !== 7).length
    expect(fill).toBeLessThanOrEqual(Math.ceil(texts.length / limits.itemsPerCall) + 1)
  } finally {
    await provider.stop()
  }
})
