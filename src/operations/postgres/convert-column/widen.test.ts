import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { planStep } from '../../../../test/table-step.ts'
import type { TableStep } from '../../../../test/table-step.ts'
import { createPgliteTables } from '../../../stores/pglite/pglite-tables.ts'
import type { TableWriter } from '../../../stores/tables.ts'
import { createLook } from '../../look.ts'
import type { Look } from '../../operation.ts'
import { convertColumn, convertColumnStep } from './convert-column.ts'

let tables: TableWriter

beforeAll(async () => {
  tables = await createPgliteTables({})
})

afterAll(() => tables.close())

beforeEach(() => run('drop schema public cascade; create schema public'))

const run = (text: string): Promise<void> => tables.transaction((q) => q.script(text))

const look = (tenants?: Parameters<typeof createLook>[0]['tenants']): Look =>
  createLook({
    documents: {} as Look['documents'],
    indexes: {} as Parameters<typeof createLook>[0]['indexes'],
    tables,
    tenants,
    clock: { now: () => 0, sleep: () => Promise.resolve() },
  })

const step = (from: string, to: string): Promise<TableStep> =>
  planStep(convertColumn, convertColumn.parse(convertColumnStep('orders', 'note', { from, to }).spec), look(), tables)

const typeNow = async (): Promise<unknown> => {
  const [row] = await tables.read((q) =>
    q.query<{ type: string }>(
      "select format_type(atttypid, atttypmod) as type from pg_attribute where attrelid = 'orders'::regclass and attname = 'note'",
    ),
  )
  return row?.type
}

/** More than 1 MiB. */
const large = "insert into orders select n, 'n' from generate_series(1, 40000) n; analyze orders"

describe('parse', () => {
  it.each([
    ['varchar(20)', 'varchar(20)'],
    ['int4', 'integer'],
    ['timestamp(3) with time zone', 'timestamptz(3)'],
  ])('refuses %s to %s, which are the same', (from, to) => {
    const { spec } = convertColumnStep('orders', 'note', { from, to })
    expect(() => convertColumn.parse(spec)).toThrow(expect.objectContaining({ code: 'LS-2002' }))
  })
})

describe('plan', () => {
  it('says that it is a change of the catalog alone, and what sessions and down get', async () => {
    await run(`create table orders (id int primary key, note varchar(5)); ${large}`)
    const { plan } = await step('varchar(5)', 'text')
    expect(plan.effects).toMatchObject([
      {
        phase: 'expand',
        what: expect.stringContaining('catalog-only'),
        statements: ['alter table "public"."orders" alter column "note" type text'],
      },
    ])
    expect(plan.warnings.map(({ code }) => code)).toEqual(['W222', 'W223'])
  })

  it.each<[string, string, string]>([
    ['a column that is not there', 'create table orders (id int)', 'LS-2122'],
    ['another type', 'create table orders (id int, note varchar(7))', 'LS-2104'],
    ['a view', 'create table orders (note varchar(5)); create view v as select note from orders', 'LS-2123'],
    ['a policy', "create table orders (note varchar(5)); create policy p on orders using (note = 'x')", 'LS-2123'],
    [
      'a generated column',
      'create table orders (note varchar(5), more text generated always as (lower(note)) stored)',
      'LS-2123',
    ],
    [
      'a trigger on the column',
      `create table orders (note varchar(5)); create function f() returns trigger language plpgsql as 'begin return new; end';
       create trigger t before update of note on orders for each row execute function f()`,
      'LS-2123',
    ],
    [
      'a check in a large table',
      `create table orders (id int, note varchar(5) check (note <> '')); ${large}`,
      'LS-2125',
    ],
    [
      'an index with a condition in a large table',
      `create table orders (id int, note varchar(5)); create index on orders (id) where note <> ''; ${large}`,
      'LS-2125',
    ],
  ])('refuses %s', async (_, sql, code) => {
    await run(sql)
    await expect(step('varchar(5)', 'text')).rejects.toMatchObject({ code })
  })

  it('lets a check and an index with a condition be read again in a small table', async () => {
    await run(
      `create table orders (id int, note varchar(5) check (note <> '')); create index on orders (id) where note <> ''`,
    )
    const taken = await step('varchar(5)', 'text')
    await taken.work('expand')
    expect(await taken.verify()).toEqual([])
    expect(await typeNow()).toBe('text')
  })
})

it('is not done, and told, where a large table got a check since it was planned', async () => {
  await run(`create table orders (id int, note varchar(5)); ${large}`)
  const taken = await step('varchar(5)', 'text')
  await run("alter table orders add check (note <> '')")
  expect(await taken.work('expand')).toBe(0)
  expect(await taken.verify()).toEqual([{ where: 'orders', problem: 'column note is character varying(5), not text' }])
})

describe('down', () => {
  it.each<[string, string, string]>([
    ['varchar(5)', 'varchar(9)', "'too long'"],
    ['numeric(5,2)', 'numeric(9,2)', '12345.67'],
    ['timestamp(0)', 'timestamp(3)', "'2026-11-22 10:00:00.5'"],
    ['varbit(2)', 'varbit', "B'101'"],
    ['cidr', 'inet', "'10.0.0.1/8'"],
  ])('leaves %s as %s where a value would be refused or changed: %s', async (from, to, value) => {
    await run(`create table orders (id int, note ${from})`)
    const taken = await step(from, to)
    await taken.work('expand')
    const wide = await typeNow()
    await run(`insert into orders values (1, ${value})`)
    await taken.down()
    expect(await typeNow()).toBe(wide)
    expect(taken.told).toEqual([expect.stringMatching(/^"note" of orders stays .*do not fit/)])
    await run('truncate orders')
    await taken.down()
    expect(await typeNow()).not.toBe(wide)
  })

  it('leaves a large table as it is, and says with what to narrow it', async () => {
    await run('create table orders (id int, note varchar(5))')
    const taken = await step('varchar(5)', 'text')
    await taken.work('expand')
    await run(large)
    await taken.down()
    expect(await typeNow()).toBe('text')
    expect(taken.told).toEqual([
      expect.stringContaining('alter table "public"."orders" alter column "note" type character varying(5)'),
    ])
  })
})

it('a prepared statement that returns the column fails once, as W223 says', async () => {
  await run("create table orders (id int, note varchar(5)); insert into orders values (1, 'a')")
  await tables.transaction((q) => q.script('prepare notes as select note from orders'))
  await tables.read((q) => q.query('execute notes'))
  await (await step('varchar(5)', 'varchar(9)')).work('expand')
  await expect(tables.read((q) => q.query('execute notes'))).rejects.toMatchObject({ code: '0A000' })
})

it('tables of a fleet that have another type are left out', async () => {
  await run(`create table owners (uid text); insert into owners values ('a'), ('b');
    create table n_a (note varchar(5)); create table n_b (note int)`)
  const tenants = {
    source: { from: 'sql', sql: 'select uid from owners' },
    key: 'plain',
    tables: { n: 'n_{key}' },
  } as const
  const { spec } = convertColumnStep({ tenants: 'n' }, 'note', { from: 'varchar(5)', to: 'text' })
  const { leftOut, effects } = await convertColumn.plan(convertColumn.parse(spec), look(tenants))
  expect(leftOut?.map(({ name }) => name)).toEqual(['n_b'])
  expect(effects.map(({ count }) => count.value)).toEqual([1])
})
