import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createPgliteTables } from '../../../stores/pglite/pglite-tables.ts'
import type { TableWriter } from '../../../stores/tables.ts'
import type { Look, StepPlan } from '../../operation.ts'
import { convertColumn, convertColumnStep } from './convert-column.ts'
import type { RetypeColumnOptions } from './convert-column.ts'

let tables: TableWriter

beforeAll(async () => {
  tables = await createPgliteTables({})
})

afterAll(() => tables.close())

beforeEach(() =>
  tables.transaction((q) =>
    q.script('drop schema public cascade; create schema public; drop schema if exists lockstep_sync cascade'),
  ),
)

const run = (text: string): Promise<void> => tables.transaction((q) => q.script(text))
const plan = (given: Partial<RetypeColumnOptions> = {}): Promise<StepPlan> => {
  const { spec } = convertColumnStep('orders', 'n', { from: 'int', to: 'bigint', ...given })
  const documents = {} as Look['documents']
  const look: Look = { documents, tables, fleet: () => Promise.reject(new Error('no tenants here')) }
  return convertColumn.plan(convertColumn.parse(spec), look)
}
const codes = (error: unknown): readonly string[] => {
  const { code, also } = error as { readonly code: string; readonly also: readonly { readonly code: string }[] }
  return [code, ...also.map((each) => each.code)]
}

describe('plan', () => {
  it('shows the hidden column, the exchange and what clients meet; reads no row of an integer', async () => {
    await run(`create table orders (id int primary key, n int not null default 1);
      create function f() returns int language sql as 'select n from orders limit 1'`)
    const { effects, warnings } = await plan()
    expect(effects.map(({ phase, what }) => `${phase}: ${what.slice(0, 40)}`)).toEqual([
      expect.stringContaining('expand: create function lockstep_sync.keep_'),
      'expand: add a hidden column of type bigint, whic',
      'backfill: fill the hidden column from n',
      'cutover: give the new column the name n, with its',
      'contract: drop the integer column, its values kept',
    ])
    expect(warnings.map(({ code }) => code)).toEqual(['W223', 'W227', 'W216'])
  })

  it.each<[string, string, Partial<RetypeColumnOptions>, readonly string[]]>([
    ['another type than from', 'create table orders (id int primary key, n text)', {}, ['LS-2104']],
    [
      'a type that the catalog calls otherwise',
      'create table orders (id int primary key, n int)',
      { to: 'dec' },
      ['LS-2108'],
    ],
    [
      'a foreign key to it, of its own table too',
      'create table orders (n int primary key, up int references orders (n))',
      {},
      ['LS-2123'],
    ],
    [
      'a view',
      'create table orders (id int primary key, n int); create view v as select n from orders',
      {},
      ['LS-2123'],
    ],
    [
      'extended statistics',
      'create table orders (id int primary key, n int); create statistics s on id, n from orders',
      {},
      ['LS-2123'],
    ],
    [
      'the replica identity',
      'create table orders (id int primary key, n int not null); create unique index i on orders (n); alter table orders replica identity using index i',
      {},
      ['LS-2125'],
    ],
    ['partitions', 'create table orders (id int primary key, n int) partition by range (id)', {}, ['LS-2125']],
    [
      'an index of an expression',
      'create table orders (id int primary key, n int); create index on orders ((n + 1))',
      {},
      ['LS-2125'],
    ],
    [
      'a check that the new type cannot be asked, and an expression as default',
      'create table orders (id int primary key, n int default random()::int check (n > 0))',
      { to: 'uuid', up: 'md5(n::text)::uuid', down: '1', accept: ['changed'] },
      ['LS-2125', 'LS-2108'],
    ],
    [
      'an identity that cannot be one',
      'create table orders (id int primary key, n int generated always as identity)',
      { to: 'numeric' },
      ['LS-2125'],
    ],
    [
      'values that do not fit',
      'create table orders (id int primary key, n int); insert into orders values (1, 70000)',
      { to: 'smallint' },
      ['LS-2121'],
    ],
  ])('refuses %s', async (_, before, given, expected) => {
    await run(before)
    expect(await plan(given).then(() => [], codes)).toEqual(expected)
  })
})

it('writers of either side are followed, and what fits only one is refused', async () => {
  await run(`create table orders (id int primary key, n int, note text); insert into orders values (1, 10)`)
  const { effects } = await plan()
  const statements = (phase: string): string =>
    effects
      .filter((effect) => effect.phase === phase)
      .flatMap((effect) => effect.statements)
      .join(';\n')
      .replace('where … and', 'where')
  await run(`${statements('expand')}; insert into orders (id, n) values (2, 20); update orders set note = 'x'`)
  const [column] = await tables.read((q) =>
    q.query<{ name: string }>(
      `select attname as name from pg_attribute where attrelid = 'orders'::regclass and attname like 'lockstep_new_%'`,
    ),
  )
  const young = column?.name ?? ''
  await run('alter table orders add column m int; create index on orders (n, m)')
  const second = convertColumnStep('orders', 'm', { from: 'int', to: 'bigint' }).spec
  const look = { documents: {} as Look['documents'], tables, fleet: () => Promise.reject(new Error('no tenants here')) }
  const entangled = (await convertColumn.plan(convertColumn.parse(second), look)).effects[1]?.statements[0] ?? ''
  await expect(run(entangled)).rejects.toThrow('m and n share an index')
  await run('alter table orders drop column m')
  expect(await tables.read((q) => q.query(`select n, ${young}::int as new from orders order by id`))).toEqual([
    { n: 10, new: 10 },
    { n: 20, new: 20 },
  ])
  await run(statements('cutover'))
  const old = young.replace('_new_', '_old_')
  await run(
    `update orders set n = 11 where id = 1; insert into orders (id, n) values (3, 30); insert into orders values (4, 40)`,
  )
  expect(await tables.read((q) => q.query(`select n::int, ${old} as old from orders order by id`))).toEqual(
    [11, 20, 30, 40].map((n) => ({ n, old: n })),
  )
  await expect(run('update orders set n = 3000000000')).rejects.toThrow('out of range')
})
