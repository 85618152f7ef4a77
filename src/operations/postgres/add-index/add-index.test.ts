import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createPgliteTables } from '../../../stores/pglite/pglite-tables.ts'
import type { TableWriter } from '../../../stores/tables.ts'
import { readFleet } from '../../../tenants/fleet.ts'
import { tenants } from '../../../tenants/tenants-config.ts'
import type { TenantsConfig } from '../../../tenants/tenants-config.ts'
import type { Look, StepPlan } from '../../operation.ts'
import { addIndex, addIndexStep } from './add-index.ts'
import type { AddIndexSpec } from './add-index.ts'
import { extensionOf, indexNameIn } from './index-sql.ts'

let tables: TableWriter

beforeAll(async () => {
  tables = await createPgliteTables({})
})
afterAll(() => tables.close())
beforeEach(() =>
  sql('drop schema public cascade; create schema public; create extension if not exists vector schema public'),
)

const config: TenantsConfig = {
  source: { from: 'sql', sql: "select unnest(array['a', 'b'])" },
  key: 'plain',
  tables: { settings: 'settings_{key}' },
}
const documents = {} as Look['documents']
const look: Look = {
  documents,
  get tables() {
    return tables
  },
  fleet: () => readFleet({ config, documents, tables, grace: () => Promise.resolve() }),
}

const sql = (text: string): Promise<void> => tables.transaction((q) => q.script(text))
const rows = (text: string): Promise<readonly object[]> => tables.read((q) => q.query(text))
const specOf = (...given: Parameters<typeof addIndexStep>): AddIndexSpec => addIndex.parse(addIndexStep(...given).spec)
const plan = (...given: Parameters<typeof addIndexStep>): Promise<StepPlan> => addIndex.plan(specOf(...given), look)
const failure = (...given: Parameters<typeof addIndexStep>): Promise<unknown> =>
  plan(...given).then(
    () => 'planned',
    (error: unknown) => error,
  )
const statementsOf = ({ effects }: StepPlan): readonly string[] => effects.flatMap(({ statements }) => statements)

describe('parse', () => {
  it.each<[string, Parameters<typeof addIndexStep>, string]>([
    ['no column', ['t', []], 'LS-2002'],
    ['an unknown method', ['t', 'c', { using: 'tree' as 'btree' }], 'LS-2002'],
    ['a parameter that is none', ['t', 'c', { with: { 'lists = 1) drop': 1 } }], 'LS-2002'],
    ['an operator class that is none', ['t', 'c', { opclass: 'x; drop' }], 'LS-2002'],
    ['a name for many tables', [tenants('settings'), 'c', { name: 'mine' }], 'LS-2125'],
    ['a unique gin index', ['t', 'c', { unique: true, using: 'gin' }], 'LS-2125'],
    ['a hash index that includes', ['t', 'c', { using: 'hash', include: ['d'] }], 'LS-2125'],
    ['a hash index of two columns', ['t', ['c', 'd'], { using: 'hash' }], 'LS-2125'],
    ['a name of 64 bytes', ['t', 'c', { name: 'n'.repeat(64) }], 'LS-2105'],
  ])('refuses %s', (_, given, code) => {
    expect(() => specOf(...given)).toThrow(expect.objectContaining({ code }))
  })
})

describe('an index that is there', () => {
  it.each<[string, string, Parameters<typeof addIndexStep>]>([
    ['plain', 'create index x on t (a, b)', ['t', ['a', 'b']]],
    [
      'with orders',
      'create index x on t (a desc, b nulls first)',
      [
        't',
        [
          { column: 'a', order: 'desc', nulls: 'first' },
          { column: 'b', nulls: 'first' },
        ],
      ],
    ],
    [
      'of an expression',
      "create index x on t (lower(b)) where b <> 'Q'",
      ['t', { expression: 'lower(b)' }, { where: "b <> 'Q'" }],
    ],
    [
      'with an operator class',
      'create index x on t using gin (d jsonb_path_ops)',
      ['t', 'd', { using: 'gin', opclass: 'jsonb_path_ops' }],
    ],
    [
      'with columns and parameters',
      'create unique index x on t (a) include (b) with (fillfactor = 70)',
      ['t', 'a', { unique: true, include: ['b'], with: { fillfactor: 70 } }],
    ],
    ['of a quoted name', 'create index x on t ("Odd ""one")', ['t', 'Odd "one']],
  ])('is found whatever its name: %s', async (_, existing, given) => {
    await sql(`create table t (a int, b text, d jsonb, "Odd ""one" int); ${existing}`)
    expect(statementsOf(await plan(...given))).toEqual([])
    await sql('drop index x')
    await sql(statementsOf(await plan(...given)).join(';'))
    expect(statementsOf(await plan(...given))).toEqual([])
  })

  it.each<[string, string, Parameters<typeof addIndexStep>]>([
    ['not unique', 'create index x on t (a)', ['t', 'a', { unique: true }]],
    ['of other rows', "create index x on t (a) where b = 'q'", ['t', 'a', { where: "b = 'Q'" }]],
    ['of more columns', 'create index x on t (a, b)', ['t', 'a']],
    ['of another kind', 'create index x on t using hash (a)', ['t', 'a']],
  ])('is another one when it is %s', async (_, existing, given) => {
    await sql(`create table t (a int, b text); ${existing}`)
    expect(statementsOf(await plan(...given))).toHaveLength(1)
  })

  it('of our name but another shape is told, with the way out', async () => {
    await sql('create table t (a int, b text); create index t_a_idx on t (a desc)')
    expect(await failure('t', 'a')).toMatchObject({ code: 'LS-2124', where: { name: 't' } })
    expect(statementsOf(await plan('t', 'a', { name: 'other' }))).toEqual([
      'create index "other" on "public"."t" using btree ("a")',
    ])
  })
})

describe('plan', () => {
  it('counts repeated values a table, without telling them', async () => {
    await sql(`create table settings_a (email text); create table settings_b (email text);
      insert into settings_a values ('secret-1'), ('secret-1'), ('secret-2'), ('secret-2'), ('secret-3'), (null), (null);
      insert into settings_b values ('secret-1'), ('secret-1')`)
    const strict: Look = {
      ...look,
      fleet: () =>
        readFleet({ config: { ...config, mismatches: 'error' }, documents, tables, grace: () => Promise.resolve() }),
    }
    const spec = specOf(tenants('settings'), 'email', { unique: true })
    const error = await addIndex.plan(spec, strict).catch((each: unknown) => each)
    expect(error).toMatchObject({ code: 'LS-2121', where: { name: 'settings_a (2), settings_b (1)' } })
    expect(JSON.stringify(error) + String(error)).not.toContain('secret')
    expect((await addIndex.plan(spec, look)).leftOut?.map(({ name }) => name)).toEqual(['settings_a', 'settings_b'])
    const where = "email <> 'secret-1' and email <> 'secret-2'"
    expect(statementsOf(await plan(tenants('settings'), 'email', { unique: true, where }))).toHaveLength(1)
  })

  it('refuses what the server could not build', async () => {
    await sql('create table t (a int, v vector(3), w vector(2001), u vector, h halfvec(2001))')
    expect(await failure('t', 'nowhere')).toMatchObject({ code: 'LS-2122' })
    expect(await failure('t', 'a', { where: 'nowhere > 1' })).toMatchObject({ code: 'LS-2108' })
    expect(await failure('t', 'a', { where: 'a + 1' })).toMatchObject({ code: 'LS-2108' })
    expect(await failure('t', { expression: 'lower(a)' })).toMatchObject({ code: 'LS-2108' })
    expect(await failure('t', 'v', { using: 'hnsw' })).toMatchObject({ code: 'LS-2125' })
    const cosine = { using: 'hnsw', opclass: 'vector_cosine_ops' } as const
    expect(await failure('t', 'w', cosine)).toMatchObject({ code: 'LS-2125' })
    expect(await failure('t', 'u', cosine)).toMatchObject({ code: 'LS-2125' })
    await sql(statementsOf(await plan('t', 'v', cosine)).join(';'))
    await sql(statementsOf(await plan('t', 'h', { using: 'hnsw', opclass: 'halfvec_l2_ops' })).join(';'))
  })

  it('warns of ivfflat where there is little to learn from', async () => {
    await sql('create table t (v vector(3))')
    expect((await plan('t', 'v', { using: 'ivfflat' })).warnings).toEqual([expect.objectContaining({ code: 'W210' })])
    await sql("insert into t select '[1,2,3]' from generate_series(1, 5000); analyze t")
    expect((await plan('t', 'v', { using: 'ivfflat' })).warnings).toEqual([])
  })

  it('has a large table indexed concurrently', async () => {
    await sql(
      "create table t (a text); insert into t select repeat('x', 1000) from generate_series(1, 1500); analyze t",
    )
    const { effects } = await plan('t', 'a')
    expect(effects).toMatchObject([{ lock: 'SHARE UPDATE EXCLUSIVE: readers and writers go on', phase: 'expand' }])
  })
})

it('new tenants get the very index that others have', async () => {
  const spec = specOf(tenants('settings'), ["it's"], { where: "\"it's\" <> E'a\\\\b'", unique: true })
  const table = `settings_${'ab9'.repeat(16)}`
  await sql(`create table "${table}" ("it's" text)`)
  const { lacks, statements } = extensionOf(spec)
  const run = `do $do$ declare lockstep_schema text := 'public'; lockstep_table text := '${table}'; lockstep_oid oid := to_regclass('"${table}"');
    begin if ${lacks} then ${statements.map((statement) => `execute ${statement};`).join(' ')} end if; end $do$`
  await sql(run)
  await sql(run)
  expect(await rows(`select indexname as name from pg_indexes where tablename = '${table}'`)).toEqual([
    { name: indexNameIn(spec, table) },
  ])
})
