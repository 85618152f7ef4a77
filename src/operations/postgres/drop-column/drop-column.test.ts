import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createPgliteTables } from '../../../stores/pglite/pglite-tables.ts'
import type { TableWriter } from '../../../stores/tables.ts'
import type { Look, StepPlan } from '../../operation.ts'
import { dropColumn, dropColumnStep } from './drop-column.ts'
import type { DropColumnSpec } from './drop-column.ts'
import { extensionOf, lastExtensionOf, markName } from './drop-extension.ts'
import { recipeOf } from './recipe.ts'

let tables: TableWriter

beforeAll(async () => {
  tables = await createPgliteTables({})
})
afterAll(() => tables.close())
beforeEach(() => sql('drop schema public cascade; create schema public'))

const look: Look = {
  documents: {} as Look['documents'],
  get tables() {
    return tables
  },
  fleet: () => Promise.reject(new Error('no tenants here')),
}
const sql = (text: string): Promise<void> => tables.transaction((q) => q.script(text))
const rows = (text: string): Promise<readonly object[]> => tables.read((q) => q.query(text))
const specOf = (...given: Parameters<typeof dropColumnStep>): DropColumnSpec =>
  dropColumn.parse(dropColumnStep(...given).spec)
const plan = (table: string, column: string): Promise<StepPlan> => dropColumn.plan(specOf(table, column), look)

it('refuses a spec without a column', () => {
  expect(() => dropColumn.parse({ target: { table: 't' } })).toThrow(expect.objectContaining({ code: 'LS-2002' }))
})

describe('plan', () => {
  it.each<[string, string, string]>([
    ['a view', 'create view seen as select c from t', 'view seen'],
    ['a materialized view', 'create materialized view seen as select c from t', 'materialized view seen'],
    ['a policy', 'create policy own on t using (c = 1)', 'policy own on table t'],
    ['a generated column', 'alter table t add g int generated always as (c + 1) stored', 'column g of table t'],
    [
      'a key of another table',
      'alter table t add unique (c); create table u (c int references t (c))',
      'constraint u_c_fkey on table u',
    ],
    [
      'a trigger of this column',
      'create function f() returns trigger language plpgsql as $$begin return new; end$$; create trigger watch before update of c on t for each row execute function f()',
      'trigger watch on table t',
    ],
    [
      'a sequence of its own',
      "create sequence s owned by t.c; alter table t alter c set default nextval('s')",
      'sequence s',
    ],
  ])('refuses a column that is used by %s', async (_, made, what) => {
    await sql(`create table t (id int primary key, c int); ${made}`)
    const failure: unknown = await plan('t', 'c').catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'LS-2123' })
    expect(String(failure)).toContain(what)
  })

  it.each<[string, string, string, string]>([
    ['a column of the key', 't', 'id', 'LS-2123'],
    ['a generated one', 't', 'g', 'LS-2123'],
    ['one that is not there', 't', 'nowhere', 'LS-2122'],
    ['a table without a key', 'keyless', 'c', 'LS-2107'],
  ])('refuses %s', async (_, table, column, code) => {
    await sql('create table t (id int primary key, g int generated always as (1) stored); create table keyless (c int)')
    await expect(plan(table, column)).rejects.toMatchObject({ code })
  })

  it('tells what goes along, whose body has its name, and from when on clients fail', async () => {
    await sql(`create table t (id int primary key, c int not null, d int, constraint sound check (c > d));
      create index by_c on t (d, c); create statistics both_of on c, d from t;
      create function uses() returns int language sql as 'select max(c) from t';
      create function spares() returns int language sql as 'select count(*)::int from t as cc'`)
    const { warnings } = await plan('t', 'c')
    expect(warnings.map(({ code }) => code)).toEqual(['W215', 'W216', 'W217', 'W217'])
    for (const part of ['sound', 'by_c', 'both_of']) expect(warnings[0]?.message).toContain(part)
    expect(warnings[1]?.message).toBe('the bodies of uses() have the word c in them')
  })

  it('loses nothing before contract', async () => {
    await sql('create table t (id int primary key, c int not null, d int default 1 not null)')
    const { effects, shards } = await plan('t', 'c')
    expect(effects.map(({ phase }) => phase)).toEqual(['expand', 'contract'])
    expect(shards.map(({ phase }) => phase)).toEqual(['expand'])
    expect((await plan('t', 'd')).shards).toEqual([])
  })
})

it('the recipe of a column makes it again as it was', async () => {
  await sql(`create table t (id int primary key, "Odd ""c" varchar(9) collate "C" default 'it''s' not null, constraint sound check ("Odd ""c" <> 'x'));
    create index by_it on t (lower("Odd ""c")); comment on column t."Odd ""c" is 'odd''s'; grant select ("Odd ""c"), update ("Odd ""c") on t to public;
    alter table t alter "Odd ""c" set storage external, alter "Odd ""c" set (n_distinct = 5), alter "Odd ""c" set statistics 3`)
  const state = (): Promise<readonly object[]> =>
    rows(`select a.attname, a.atttypmod, a.attcollation, a.attstorage, a.attoptions, a.attstattarget, a.attnotnull, a.attacl::text, pg_get_expr(d.adbin, d.adrelid) as def,
            col_description(a.attrelid, a.attnum) as comment, (select json_agg(indexdef order by indexdef) from pg_indexes where tablename = 't') as indexes,
            (select json_agg(pg_get_constraintdef(k.oid) order by conname) from pg_constraint k where conrelid = 't'::regclass and contype <> 'n') as constraints
          from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
          where a.attrelid = 't'::regclass and a.attname ~ 'Odd'`)
  const before = await state()
  const recipe = await tables.read((q) => recipeOf(q, { schema: 'public', name: 't' }, 'Odd "c'))
  await sql(`alter table t drop column "Odd ""c"; ${[...recipe.before, ...recipe.after].join(';')}`)
  expect(await state()).toEqual(before)
})

it('new tenants may leave it out, and from contract on do not have it', async () => {
  const spec = specOf({ tenants: 'settings' }, 'fax')
  await sql('create table t1 (id int primary key, fax text not null); create table t2 (id int primary key)')
  const born = (table: string, { lacks, statements }: ReturnType<typeof extensionOf>): Promise<void> =>
    sql(`do $do$ declare lockstep_schema text := 'public'; lockstep_table text := '${table}'; lockstep_oid oid := to_regclass('${table}');
      begin if ${lacks} then ${statements.map((statement) => `execute ${statement};`).join(' ')} end if; end $do$`)
  const shape = (): Promise<readonly object[]> =>
    rows(`select a.attname as name, a.attnotnull as required, (select count(*)::int from pg_constraint where conname = '${markName(spec)}') as marks
          from pg_attribute a where a.attrelid = 't1'::regclass and a.attnum > 1 and not a.attisdropped`)
  for (const table of ['t1', 't1', 't2']) await born(table, extensionOf(spec))
  expect(await shape()).toEqual([{ name: 'fax', required: false, marks: 1 }])
  for (const table of ['t1', 't1', 't2']) await born(table, lastExtensionOf(spec))
  expect(await shape()).toEqual([])
  expect(await rows(`select conname from pg_constraint where conname = '${markName(spec)}'`)).toEqual([])
})
