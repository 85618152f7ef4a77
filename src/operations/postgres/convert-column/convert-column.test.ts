import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createPgliteTables } from '../../../stores/pglite/pglite-tables.ts'
import type { TableWriter } from '../../../stores/tables.ts'
import { tenants } from '../../../tenants/tenants-config.ts'
import type { Look, StepPlan } from '../../operation.ts'
import { convertColumn, convertColumnStep } from './convert-column.ts'
import type { ConvertColumnOptions } from './convert-column.ts'

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

const sql = (text: string): Promise<void> => tables.transaction((q) => q.script(text))
const rows = (text: string): Promise<readonly object[]> => tables.read((q) => q.query(text))
const options: ConvertColumnOptions = {
  to: 'numeric(12,2)',
  up: 'cents / 100.0',
  down: 'round(amount * 100)',
  as: 'amount',
}
const plan = (given: Partial<ConvertColumnOptions> = {}): Promise<StepPlan> => {
  const { spec } = convertColumnStep('orders', 'cents', { ...options, ...given })
  const documents = {} as Look['documents']
  const look: Look = { documents, tables, fleet: () => Promise.reject(new Error('no tenants here')) }
  return convertColumn.plan(convertColumn.parse(spec), look)
}
const codes = (error: unknown): readonly string[] => {
  const { code, also } = error as { readonly code: string; readonly also: readonly { readonly code: string }[] }
  return [code, ...also.map((each) => each.code)]
}
const refused = async (given: Partial<ConvertColumnOptions> = {}): Promise<readonly string[]> =>
  plan(given).then(() => [], codes)

describe('parse', () => {
  it.each([
    ['no expression back', { ...options, down: '' }],
    ['an unknown loss', { ...options, accept: ['all'] }],
    ['an unknown option', { ...options, through: 'view' }],
    ['no new name', { ...options, as: undefined }],
    ['the old name', { ...options, as: 'cents' }],
  ])('refuses %s', (_, given) => {
    const spec = { target: { table: 'orders' }, column: 'cents', options: given }
    expect(() => convertColumn.parse(spec)).toThrow(expect.objectContaining({ code: 'LS-2002' }))
  })

  it('takes the tables of tenants', () => {
    const { spec } = convertColumnStep(tenants('account'), 'cents', options)
    expect(convertColumn.parse(spec).target).toEqual({ tenants: 'account' })
  })
})

describe('plan', () => {
  it('shows function, column, trigger, batches, and what goes', async () => {
    await sql('create table orders (id int primary key, cents int not null default 0); create index on orders (cents)')
    await sql('insert into orders select n, n from generate_series(1, 5000) n')
    const { effects, summary } = await plan()
    expect(summary).toBe('convert column cents to amount numeric(12,2) in orders')
    const said = effects.map(({ phase, what }) => `${phase}: ${what}`)
    expect(said.map((text) => text.replace(/keep_\w+/, 'keep'))).toEqual([
      'expand: create function lockstep_sync.keep()',
      'expand: add amount, kept in step with cents both ways by a trigger',
      'backfill: fill amount from cents',
      'cutover: index amount of small tables as cents is',
      'cutover: check that amount is not null, for new rows',
      'cutover: validate it for the rows there are',
      'cutover: set amount not null, which trusts the check, and drop that',
      'contract: drop cents, its values kept in the ledger',
    ])
  })

  it.each<[string, string, Partial<ConvertColumnOptions>, readonly string[]]>([
    ['a column that is not there', 'create table orders (id int primary key)', {}, ['LS-2122']],
    ['a table without a key', 'create table orders (cents int)', {}, ['LS-2107']],
    [
      'a new column that is there',
      'create table orders (id int primary key, cents int, amount numeric(12,2))',
      {},
      ['LS-2104'],
    ],
    [
      'a new column of another type',
      'create table orders (id int primary key, cents int, amount text)',
      {},
      ['LS-2104', 'LS-2104'],
    ],
    ['a primary key', 'create table orders (cents int primary key)', {}, ['LS-2125']],
    ['a unique constraint', 'create table orders (id int primary key, cents int unique)', {}, []],
    [
      'a unique constraint that may be deferred',
      'create table orders (id int primary key, cents int unique deferrable)',
      {},
      ['LS-2125'],
    ],
    ['a check', 'create table orders (id int primary key, cents int check (cents > 0))', {}, ['LS-2125']],
    ['identity', 'create table orders (id int primary key, cents int generated always as identity)', {}, ['LS-2125']],
    [
      'a view',
      'create table orders (id int primary key, cents int); create view v as select cents from orders',
      {},
      ['LS-2123'],
    ],
    [
      'a default that is computed',
      'create table orders (id int primary key, cents int default random())',
      {},
      ['LS-2108'],
    ],
    [
      'a type without equality',
      'create table orders (id int primary key, cents int)',
      { to: 'json', up: 'to_json(cents)', down: '0' },
      ['LS-2108'],
    ],
    ['a wrong expression', 'create table orders (id int primary key, cents int)', { up: 'centz' }, ['LS-2109']],
    [
      'a function outside of the built-in ones',
      "create table orders (id int primary key, cents int); create function f(int) returns int language sql as 'select 1'",
      { up: 'f(cents)' },
      ['LS-2109'],
    ],
    [
      'rows that fail',
      'create table orders (id int primary key, cents int); insert into orders values (1, 0), (2, 1)',
      { up: '1 / cents', down: 'amount' },
      ['LS-2121'],
    ],
    [
      'values that become null',
      'create table orders (id int primary key, cents int); insert into orders values (1, 0)',
      { up: 'nullif(cents, 0)' },
      ['LS-2121'],
    ],
    [
      'values that do not come back',
      'create table orders (id int primary key, cents int); insert into orders values (1, 199)',
      { to: 'int', up: 'cents / 100' },
      ['LS-2121'],
    ],
    [
      'null in a required column, even if accepted',
      'create table orders (id int primary key, cents int not null); insert into orders values (1, 0)',
      { up: 'nullif(cents, 0)', accept: ['null'] },
      ['LS-2121'],
    ],
  ])('refuses %s', async (_, before, given, expected) => {
    await sql(before)
    expect(await refused(given)).toEqual(expected)
  })

  it('counts what is lost, and never shows it', async () => {
    await sql(
      "create table orders (id int primary key, cents text); insert into orders values (1, 'secret'), (2, '7'), (3, 'hidden')",
    )
    const error = await plan({ up: 'cents::numeric', down: 'amount::text' }).catch((each: unknown) => each)
    expect(String(error)).toContain('in 2 rows of orders')
    expect(JSON.stringify(error) + String(error)).not.toMatch(/secret|hidden/)
  })

  it('accepts by name', async () => {
    await sql('create table orders (id int primary key, cents int); insert into orders values (1, 199)')
    expect(await refused({ to: 'int', up: 'cents / 100', accept: ['changed'] })).toEqual([])
  })
})

interface Write {
  readonly by: 'old' | 'new' | 'neither'
  readonly id: number
  readonly value: number | null
}

describe('the trigger', () => {
  const write = fc.record<Write>({
    by: fc.constantFrom('old', 'new', 'neither'),
    id: fc.integer({ min: 1, max: 4 }),
    value: fc.oneof(fc.constant(null), fc.integer({ min: -500, max: 500 })),
  })

  /** What each client last wrote is what it reads, in its own shape, until the other writes. */
  it('keeps both columns in step, whoever writes what, before and after the backfill', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(write, { maxLength: 12 }), fc.nat(12), async (writes, filledAt) => {
        await sql(`drop table if exists orders; drop schema if exists lockstep_sync cascade;
          create table orders (id int primary key, cents int, note int); insert into orders values (1, 100), (2, null)`)
        const { effects } = await plan()
        const statements = effects.filter(({ phase }) => phase === 'expand').flatMap((effect) => effect.statements)
        await sql(statements.join(';'))
        const model = new Map<number, number | null>([
          [1, 100],
          [2, null],
        ])
        // What nobody has written to since the trigger came is not filled yet: null says so, and cannot be written.
        const unfilled = new Set([1, 2])
        for (const [n, { by, id, value }] of writes.entries()) {
          if (n === filledAt) unfilled.clear()
          if (n === filledAt)
            await sql('update orders set amount = cents / 100.0 where amount is distinct from cents / 100.0')
          const column = by === 'old' ? 'cents' : by === 'new' ? 'amount' : 'note'
          const text = value === null ? 'null' : by === 'new' ? `${value} / 100.0` : String(value)
          await sql(
            `insert into orders (id, ${column}) values (${id}, ${text}) on conflict (id) do update set ${column} = excluded.${column}`,
          )
          const isSeen = by === 'old' || (by === 'new' && (value !== null || !unfilled.has(id)))
          if (isSeen || !model.has(id)) model.set(id, by === 'neither' ? null : value)
          unfilled.delete(id)
        }
        await sql('update orders set amount = cents / 100.0 where amount is distinct from cents / 100.0')
        const wanted = [...model].sort(([a], [b]) => a - b).map(([id, cents]) => ({ id, cents, same: true }))
        expect(
          await rows('select id, cents, amount is not distinct from cents / 100.0 as same from orders order by id'),
        ).toEqual(wanted)
      }),
      { numRuns: 25, seed: 20_261_122 },
    )
  })

  it('leaves the finer value of a new client alone, also when other columns change', async () => {
    await sql('create table orders (id int primary key, cents int, note int); insert into orders values (1, 100)')
    const { effects } = await plan({ to: 'numeric' })
    await sql(
      effects
        .filter(({ phase }) => phase === 'expand')
        .flatMap((effect) => effect.statements)
        .join(';'),
    )
    await sql('update orders set amount = 1.2345; update orders set note = 7')
    expect(await rows('select cents, amount::text from orders')).toEqual([{ cents: 123, amount: '1.2345' }])
    const [fill] = effects.filter(({ phase }) => phase === 'backfill').flatMap((effect) => effect.statements)
    await sql((fill ?? '').replace('where … and', 'where'))
    expect(await rows('select cents, amount::text from orders')).toEqual([{ cents: 123, amount: '1.2345' }])
  })

  it('follows a column that the expression reads beside the old one', async () => {
    await sql('create table orders (id int primary key, cents int, factor int); insert into orders values (1, 100, 2)')
    const { effects } = await plan({ up: 'cents * factor', down: 'amount / factor' })
    await sql(
      effects
        .filter(({ phase }) => phase === 'expand')
        .flatMap((effect) => effect.statements)
        .join(';'),
    )
    await sql('update orders set cents = 50; update orders set factor = 3')
    expect(await rows('select cents, amount::int from orders')).toEqual([{ cents: 50, amount: 150 }])
  })
})
