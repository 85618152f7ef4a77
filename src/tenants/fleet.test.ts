import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { md5 } from '../kernel/checksum.ts'
import type { Document, DocumentReader } from '../stores/documents.ts'
import { createPgliteTables } from '../stores/pglite/pglite-tables.ts'
import type { TableWriter } from '../stores/tables.ts'
import { listed, mismatchErrors, readFleet } from './fleet.ts'
import type { Fleet } from './fleet.ts'
import type { TenantsConfig } from './tenants-config.ts'

let tables: TableWriter

beforeAll(async () => {
  tables = await createPgliteTables({})
})

afterAll(() => tables.close())

beforeEach(() =>
  sql('drop schema public cascade; create schema public; drop schema if exists app cascade; create schema app'),
)

const sql = (text: string): Promise<void> => tables.transaction((q) => q.script(text))

const config: TenantsConfig = {
  source: { from: 'documents', collection: 'Users' },
  key: 'md5',
  tables: { settings: 'settings_{key}', vectors: 'app.vectors_{key}_v1' },
}

/** Only the names of documents are read, so only those are given. */
function usersOf(uids: readonly string[], scanned: string[] = []): DocumentReader {
  async function* scan(scope: { readonly parent: string; readonly collection: string }): AsyncGenerator<Document> {
    scanned.push(`${scope.parent}/${scope.collection}`)
    for (const uid of uids) yield { name: `${scope.collection}/${uid}`, fields: {}, updateTime: '', createTime: '' }
  }
  return { scan } as Partial<DocumentReader> as DocumentReader
}

interface Situation {
  readonly uids: readonly string[]
  readonly given?: TenantsConfig
  /** What happens while mismatches are given time to settle. */
  readonly meanwhile?: (ms: number) => Promise<void>
}

function fleetOf({ uids, given = config, meanwhile = () => Promise.resolve() }: Situation): Promise<Fleet> {
  return readFleet({ config: given, documents: usersOf(uids), tables, grace: meanwhile })
}

async function provision(...uids: readonly string[]): Promise<void> {
  for (const uid of uids)
    await sql(`create table settings_${md5(uid)} (id int); create table app.vectors_${md5(uid)}_v1 (id int)`)
}

describe('tablesOf', () => {
  it('finds the tables of a template, by schema, and nothing that only looks like them', async () => {
    await provision('a')
    await sql(`create table settings_mine (id int); create table settings_${md5('b')}_old (id int); create table app.settings_${md5('c')} (id int);
               create view settings_${md5('d')} as select 1 as id`)
    const fleet = await fleetOf({ uids: [] })
    expect(fleet.tablesOf('settings').map(({ schema, name, key }) => [schema, name, key])).toEqual([
      ['public', `settings_${md5('a')}`, md5('a')],
    ])
    expect(fleet.tablesOf('vectors').map(({ schema, name }) => [schema, name])).toEqual([
      ['app', `vectors_${md5('a')}_v1`],
    ])
  })

  it('gives tables of equal shape one shape, whatever their keys', async () => {
    await sql(`create table settings_${md5('a')} (id int primary key, c text); create index settings_${md5('a')}_c on settings_${md5('a')} (c);
               create table settings_${md5('b')} (id int primary key, c text); create index settings_${md5('b')}_c on settings_${md5('b')} (c);
               create table settings_${md5('c')} (id int primary key, c text)`)
    const shapes = (await fleetOf({ uids: [] })).tablesOf('settings').map(({ key, shape }) => [key, shape] as const)
    const shapeOf = new Map(shapes)
    expect(shapeOf.get(md5('a'))).toBe(shapeOf.get(md5('b')))
    expect(shapeOf.get(md5('c'))).not.toBe(shapeOf.get(md5('a')))
  })
})

describe('mismatches', () => {
  it('are none where every tenant has its table and every table its tenant', async () => {
    await provision('a', 'b')
    let waited = 0
    const fleet = await fleetOf({ uids: ['a', 'b'], meanwhile: async (ms) => void (waited += ms) })
    expect(await fleet.mismatches('settings')).toEqual({ tenants: 2, missing: [], orphans: [] })
    expect(waited).toBe(0)
  })

  it('name the tenant without a table and the table without a tenant', async () => {
    await provision('a', 'stray')
    const found = await (await fleetOf({ uids: ['a', 'new'] })).mismatches('settings')
    expect(found.missing).toEqual([
      { uid: 'new', template: 'settings', table: { schema: 'public', name: `settings_${md5('new')}` } },
    ])
    expect(found.orphans.map(({ name }) => name)).toEqual([`settings_${md5('stray')}`])
  })

  it('are looked at twice: a sign-up under way is none', async () => {
    await provision('a')
    const waits: number[] = []
    const meanwhile = async (ms: number): Promise<void> => {
      waits.push(ms)
      await provision('new')
    }
    const found = await (await fleetOf({ uids: ['a', 'new'], meanwhile })).mismatches('settings')
    expect(found).toEqual({ tenants: 2, missing: [], orphans: [] })
    expect(waits).toEqual([2000])
  })

  it('that appear only at the second look are none either', async () => {
    await provision('a', 'stray')
    const found = await (await fleetOf({ uids: ['a'], meanwhile: () => provision('later') })).mismatches('settings')
    expect(found.orphans.map(({ name }) => name)).toEqual([`settings_${md5('stray')}`])
  })

  it('in a table are looked at more often, and no longer than it takes a sign-up to end', async () => {
    await provision('a')
    await sql("create table owners (uid text); insert into owners values ('a'), ('new'), ('lost')")
    const waits: number[] = []
    const meanwhile = async (ms: number): Promise<void> => {
      waits.push(ms)
      await (waits.length === 1 ? provision('new') : sql("delete from owners where uid = 'lost'"))
    }
    const given = { ...config, source: { from: 'sql', sql: 'select uid from owners' } } as const
    const found = await (await fleetOf({ uids: [], given, meanwhile })).mismatches('settings')
    expect(found).toEqual({ tenants: 2, missing: [], orphans: [] })
    expect(waits).toEqual([100, 400])
  })

  it('are looked for in the source that the configuration names', async () => {
    const scanned: string[] = []
    const nested = { ...config, source: { from: 'documents', collection: 'Regions/eu/Users' } } as const
    const fleet = await readFleet({
      config: nested,
      documents: usersOf([], scanned),
      tables,
      grace: () => Promise.resolve(),
    })
    await fleet.mismatches('settings')
    expect(scanned).toEqual(['Regions/eu/Users'])
    await provision('a')
    await sql("create table owners (uid text); insert into owners values ('a')")
    const fromSql = await fleetOf({
      uids: [],
      given: { ...config, source: { from: 'sql', sql: 'select uid from owners' } },
    })
    expect(await fromSql.mismatches('settings')).toEqual({ tenants: 1, missing: [], orphans: [] })
    const numbers = await fleetOf({ uids: [], given: { ...config, source: { from: 'sql', sql: 'select 1' } } })
    await expect(numbers.mismatches('settings')).rejects.toMatchObject({ code: 'LS-1003' })
  })

  it('with plain keys compare the uid itself, upper case included', async () => {
    const plain = { ...config, key: 'plain', tables: { settings: 'settings_{key}' } } as const
    await sql('create table "settings_Ada-1" (id int)')
    expect(await (await fleetOf({ uids: ['Ada-1'], given: plain })).mismatches('settings')).toEqual({
      tenants: 1,
      missing: [],
      orphans: [],
    })
  })
})

describe('a template', () => {
  it.each([
    ['unknown', config, 'LS-2203'],
    ['settings', { ...config, tables: { settings: 'settings' } }, 'LS-1003'],
    ['settings', { ...config, tables: { settings: '{key}_{key}' } }, 'LS-1003'],
  ] as const)('%s is refused', async (name, given, code) => {
    const fleet = fleetOf({ uids: [], given }).then((found) => found.mismatches(name))
    await expect(fleet).rejects.toMatchObject({ code })
  })
})

describe('mismatchErrors', () => {
  it('names a few of each and counts the rest', async () => {
    const uids = Array.from({ length: 7 }, (_, n) => `u${n}`)
    await provision('stray')
    const errors = mismatchErrors(await (await fleetOf({ uids })).mismatches('settings'))
    expect(errors.map(({ code, message }) => [code, message])).toEqual([
      ['LS-2201', '7 of 7 tenants have no settings table'],
      ['LS-2202', '1 tables belong to no tenant'],
    ])
    expect(errors[0]?.where?.name).toMatch(/^u0 \(settings_[0-9a-f]{32}\), .* and 2 more$/)
  })

  it('is empty without mismatches', () => {
    expect(mismatchErrors({ tenants: 1, missing: [], orphans: [] })).toEqual([])
    expect(listed([])).toBe('')
  })
})
