import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../kernel/clock.ts'
import { md5 } from '../kernel/checksum.ts'
import { createPgliteTables } from '../stores/pglite/pglite-tables.ts'
import type { DocumentReader } from '../stores/documents.ts'
import type { IndexReader } from '../stores/indexes.ts'
import type { TableWriter } from '../stores/tables.ts'
import { createLook, forgotten } from './look.ts'
import type { FleetMemory } from './look.ts'

let tables: TableWriter

beforeAll(async () => {
  tables = await createPgliteTables({})
})

afterAll(() => tables.close())

const provision = (uid: string): Promise<void> =>
  tables.transaction((q) => q.script(`create table "notes_${md5(uid)}_v1" (id int primary key, c text)`))

const tenants = { source: { from: 'sql', sql: 'select 1' }, key: 'md5', tables: { notes: 'notes_{key}_v1' } } as const

/** Nothing but tables is looked at. */
function look(memory?: FleetMemory) {
  const unused = {} as Partial<DocumentReader & IndexReader> as DocumentReader & IndexReader
  const sources = { documents: unused, indexes: unused, tables, tenants, clock: systemClock }
  return createLook({ ...sources, ...(memory && { memory }) })
}

test('tables born since the last look at all are told with their key and shape, and again until that look is repeated', async () => {
  await provision('a')
  const memory: FleetMemory = {}
  expect(await look(memory).bornTables?.('notes')).toBeUndefined()
  await look(memory).fleet()
  expect((await look(memory).bornTables?.('notes'))?.tables).toEqual([])
  await provision('b')
  for (const _ of ['once', 'again']) {
    const born = await look(memory).bornTables?.('notes')
    expect(born?.tables).toMatchObject([{ schema: 'public', name: `notes_${md5('b')}_v1`, key: md5('b') }])
    expect([...(born?.shapes.values() ?? [])]).toMatchObject([
      { primaryKey: ['id'], columns: [{ name: 'id' }, { name: 'c' }] },
    ])
  }
  expect((await look(forgotten(memory)).fleet()).tablesOf('notes')).toHaveLength(2)
  expect((await look(memory).bornTables?.('notes'))?.tables).toEqual([])
})

test('what one step of a look has read is not taken for seen by its other steps', async () => {
  const memory: FleetMemory = {}
  const first = look(memory)
  await first.fleet()
  expect(await first.bornTables?.('notes')).toBeUndefined()
  await provision('c')
  const later = look(memory)
  expect((await later.fleet()).tablesOf('notes').map(({ key }) => key)).toContain(md5('c'))
  for (const each of [later, look(memory)])
    expect((await each.bornTables?.('notes'))?.tables.map(({ key }) => key)).toEqual([md5('c')])
})

test('without a memory every look is at all tables', async () => {
  const one = look()
  await one.fleet()
  expect(await look().bornTables?.('notes')).toBeUndefined()
})

test('what is forgotten is looked at again', async () => {
  const memory: FleetMemory = {}
  await look(memory).fleet()
  expect(await look(memory).bornTables?.('notes')).toBeDefined()
  expect(await look(forgotten(memory)).bornTables?.('notes')).toBeUndefined()
})

test('what the configuration says of tenants is told without a look at tables, and that it says nothing', () => {
  const memory: FleetMemory = {}
  expect(look(memory).tenants?.()).toBe(tenants)
  expect(memory.fleet).toBeUndefined()
  const unused = {} as Partial<DocumentReader & IndexReader> as DocumentReader & IndexReader
  const none = createLook({ documents: unused, indexes: unused, tables, tenants: undefined, clock: systemClock })
  expect(() => none.tenants?.()).toThrow(expect.objectContaining({ code: 'LS-2203' }))
})
