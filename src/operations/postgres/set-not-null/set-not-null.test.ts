import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createPgliteTables } from '../../../stores/pglite/pglite-tables.ts'
import type { TableWriter } from '../../../stores/tables.ts'
import type { Look, StepPlan } from '../../operation.ts'
import { companionOf, extensionOf, lastExtensionOf, triggerSql } from './fill-trigger.ts'
import { setNotNull, setNotNullStep } from './set-not-null.ts'
import type { SetNotNullSpec } from './set-not-null.ts'

let tables: TableWriter

beforeAll(async () => {
  tables = await createPgliteTables({})
})
afterAll(() => tables.close())
beforeEach(() =>
  sql(
    'drop schema if exists lockstep cascade; create schema lockstep; drop schema public cascade; create schema public',
  ),
)

const look: Look = {
  documents: {} as Look['documents'],
  get tables() {
    return tables
  },
  fleet: () => Promise.reject(new Error('no tenants here')),
}
const sql = (text: string): Promise<void> => tables.transaction((q) => q.script(text))
const rows = (text: string): Promise<readonly object[]> => tables.read((q) => q.query(text))
const specOf = (...given: Parameters<typeof setNotNullStep>): SetNotNullSpec =>
  setNotNull.parse(setNotNullStep(...given).spec)
const plan = (...given: Parameters<typeof setNotNullStep>): Promise<StepPlan> => setNotNull.plan(specOf(...given), look)

describe('parse', () => {
  it.each<[string, unknown]>([
    ['no column', { target: { table: 't' }, options: {} }],
    ['a null to fill in', { target: { table: 't' }, column: 'c', options: { fill: null } }],
    ['an unknown option', { target: { table: 't' }, column: 'c', options: { default: 1 } }],
  ])('refuses %s', (_, spec) => {
    expect(() => setNotNull.parse(spec)).toThrow(expect.objectContaining({ code: 'LS-2002' }))
  })
})

describe('plan', () => {
  it('counts the NULLs and refuses them, telling both ways out', async () => {
    await sql('create table t (id int primary key, c text); insert into t values (1), (2), (3)')
    const failure = await plan('t', 'c').catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'LS-2121', message: '3 rows have no value in column c in 1 table' })
    expect((await plan('t', 'c', { fill: 'x' })).shards.map(({ phase }) => phase)).toEqual([
      'expand',
      'expand',
      'backfill',
      'cutover',
    ])
  })

  it('sets tiny tables not null at once, larger ones and those with partitions through a check', async () => {
    await sql(`create table tiny (c text); create table large (c text) with (fillfactor = 10);
      insert into large select repeat('x', 500) from generate_series(1, 20);
      create table parted (c text) partition by list (c); create table part partition of parted for values in ('x')`)
    const statementsOf = async (table: string): Promise<readonly string[]> =>
      (await plan(table, 'c')).effects.flatMap(({ statements }) => statements)
    const alter = (table: string, what: string): string => `alter table "public"."${table}" ${what}`
    const set = 'alter column "c" set not null'
    expect(await statementsOf('tiny')).toEqual([alter('tiny', set)])
    for (const table of ['large', 'parted'])
      expect(await statementsOf(table)).toEqual([
        alter(table, `add constraint "${table}_c_required" check ("c" is not null) not valid`),
        alter(table, `validate constraint "${table}_c_required"`),
        alter(table, set),
        alter(table, `drop constraint "${table}_c_required"`),
      ])
    await sql(alter('tiny', 'add constraint "tiny_c_required" check ("c" is not null) not valid'))
    expect(await statementsOf('tiny')).toEqual([alter('tiny', set), alter('tiny', 'drop constraint "tiny_c_required"')])
  })

  it('says from when on which clients get errors', async () => {
    await sql("create table t (id int primary key, c text, d text default 'x')")
    const warning = async (...given: Parameters<typeof setNotNullStep>): Promise<string | undefined> =>
      (await plan(...given)).warnings[0]?.message
    expect(await warning('t', 'c')).toBe(
      'clients that write NULL or leave it out in column c get errors from the cutover on',
    )
    expect(await warning('t', 'd')).toBe('clients that write NULL in column d get errors from the cutover on')
    expect(await warning('t', 'd', { fill: 'x' })).toBe(
      'clients that write NULL in column d get errors from complete on',
    )
  })

  it.each<[string, Parameters<typeof setNotNullStep>, string]>([
    ['a column that is not there', ['t', 'nowhere'], 'LS-2122'],
    ['a value of another type', ['t', 'n', { fill: 'many' }], 'LS-2108'],
    ['an expression the server cannot read', ['t', 'n', { fill: { sql: 'nowhere + 1' } }], 'LS-2108'],
    ['an expression that gives NULL', ['t', 'n', { fill: { sql: 'm' } }], 'LS-2121'],
    ['rows that cannot be walked', ['keyless', 'c', { fill: 'x' }], 'LS-2107'],
    ['a generated column', ['t', 'g', { fill: 1 }], 'LS-2125'],
  ])('refuses %s', async (_, given, code) => {
    await sql(`create table t (id int primary key, n int, m int, g int generated always as (m + 1) stored);
      insert into t values (1); create table keyless (c text)`)
    await expect(plan(...given)).rejects.toMatchObject({ code })
  })

  it('leaves a required column alone', async () => {
    await sql('create table t (id int primary key)')
    expect(await plan('t', 'id')).toMatchObject({ shards: [], warnings: [], memo: { had: ['t'] } })
  })
})

describe('the trigger', () => {
  it.each([
    ['a number', 'int', 7, 7],
    ['a text that needs quotes', 'text', "it's \\ $lockstep$ new", "it's \\ $lockstep$ new"],
    ['an expression over the row', 'text', { sql: "upper(name) || ' (' || \"odd col\" || ')'" }, 'ADA (3)'],
  ])('fills %s, and leaves given values', async (_, type, fill, value) => {
    await sql(`create table t (id int primary key, name text, "odd col" int, c ${type})`)
    const spec = specOf('t', 'c', { fill })
    const companion = companionOf(spec)
    await sql([...(companion?.create ?? []), triggerSql(spec, 't'), 'alter table t alter c set not null'].join(';'))
    await sql(`insert into t values (1, 'ada', 3, null)`)
    expect(await rows('select c from t')).toEqual([{ c: value }])
    await sql(`update t set c = null`)
    expect(await rows('select c from t')).toEqual([{ c: value }])
    // Still in use: it stays. Then it goes.
    await sql(companion?.drop ?? '')
    await sql(`drop table t; ${companion?.drop ?? ''}`)
    expect(await rows(`select ${companion?.exists ?? ''} as found`)).toEqual([{ found: false }])
  })
})

describe('new tenants', () => {
  const spec = specOf({ tenants: 'settings' }, 'c', { fill: 'x' })
  const born = async (table: string, as = ''): Promise<void> => {
    const run = [extensionOf(spec), lastExtensionOf(spec)].map((extension) => {
      const statements = extension?.statements.map((statement) => `execute ${statement};`).join(' ') ?? ''
      return `create or replace function "born_${extension?.tag}"(lockstep_table text) returns void language plpgsql as $do$
        declare lockstep_schema text := 'public'; lockstep_oid oid := to_regclass(quote_ident(lockstep_table));
        begin if ${extension?.lacks} then ${statements} end if; end $do$`
    })
    await sql(`${run.join(';')}; ${as} create table "${table}" (id int primary key, c text);
      select "born_${extensionOf(spec)?.tag}"('${table}')`)
  }
  const stateOf = (table: string): Promise<readonly object[]> =>
    rows(`select attnotnull as required, (select count(*)::int from pg_trigger where tgrelid = attrelid) as triggers
          from pg_attribute where attrelid = '"${table}"'::regclass and attname = 'c'`)

  it('are born required and filled, and from contract on required alone', async () => {
    await sql(companionOf(spec)?.create.join(';') ?? '')
    await born('T 1')
    expect(await stateOf('T 1')).toEqual([{ required: true, triggers: 1 }])
    await sql(`select "born_${lastExtensionOf(spec).tag}"('T 1')`)
    expect(await stateOf('T 1')).toEqual([{ required: true, triggers: 0 }])
  })

  it('are born as before where the function is out of reach, and a sweep finds them', async () => {
    await sql(
      `${companionOf(spec)?.create.join(';') ?? ''}; drop role if exists app; create role app; grant all on schema public to app`,
    )
    await born('t2', 'set role app;')
    await sql('reset role')
    expect(await stateOf('t2')).toEqual([{ required: false, triggers: 0 }])
  })
})
