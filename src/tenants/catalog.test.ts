import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPgliteTables } from '../stores/pglite/pglite-tables.ts'
import type { TableWriter } from '../stores/tables.ts'
import { derivedName } from '../kernel/identifiers.ts'
import { readCatalog, readTables, shapeOfTable } from './catalog.ts'
import type { Catalog } from './catalog.ts'

let tables: TableWriter

beforeAll(async () => {
  tables = await createPgliteTables({})
})

afterAll(() => tables.close())

const sql = (text: string): Promise<void> => tables.transaction((q) => q.script(text))

const read = (...wanted: Parameters<typeof readTables>[2]): Promise<Catalog> =>
  tables.read((q) => readTables(q, 'public', wanted))

describe('readTables', () => {
  it('spells out columns, keys, indexes, constraints and triggers', async () => {
    await sql(`create table b_state (id int, part int, c text not null default 'x', gone int, primary key (part, id));
               alter table b_state drop column gone;
               create index on b_state (c); create index b_partial on b_state (c) where id > 0;
               create index b_expression on b_state (lower(c), id);
               alter table b_state add constraint positive check (id > 0) not valid;
               create function touch() returns trigger language plpgsql as 'begin return new; end';
               create trigger touching before update on b_state for each row execute function touch();
               create table a_state (c text)`)
    const { tables: found, shapes } = await read(
      { name: 'b_state', key: '', blank: 'b_state' },
      { name: 'a_state', key: '', blank: 'a_state' },
      { name: 'none', key: '', blank: 'none' },
    )
    expect(found.map(({ name }) => name)).toEqual(['a_state', 'b_state'])
    expect(shapes.get(found[1]?.shape ?? '')).toMatchObject({
      columns: [
        { name: 'id', type: 'integer', notNull: true, default: undefined, generated: false },
        { name: 'part', type: 'integer', notNull: true },
        { name: 'c', type: 'text', notNull: true, default: "'x'::text" },
      ],
      primaryKey: ['part', 'id'],
      indexes: [
        { name: 'b_expression', columns: ['id'], plain: false, unique: false },
        { name: 'b_partial', columns: ['c'], plain: false },
        { name: 'b_state_c_idx', columns: ['c'], plain: true, valid: true },
        { name: 'b_state_pkey', columns: ['part', 'id'], unique: true },
      ],
      constraints: [
        { name: 'b_state_pkey', kind: 'primary key', columns: ['part', 'id'], validated: true },
        {
          name: 'positive',
          kind: 'check',
          columns: ['id'],
          validated: false,
          definition: 'CHECK ((id > 0)) NOT VALID',
        },
      ],
      triggers: [{ name: 'touching', enabled: true }],
      rowSecurity: false,
    })
  })

  it.each([
    ['a check', 'alter table odd_b add check (c is not null)'],
    ['row security', 'alter table odd_b enable row level security'],
    ['a right', 'grant select on odd_b to public'],
    ['a column’s right', 'grant select (c) on odd_b to public'],
    ['a policy', 'create policy mine on odd_b using (true)'],
    ['an operator class', 'drop index odd_b_c; create index odd_b_c on odd_b (c text_pattern_ops)'],
    ['a trigger', 'create trigger t before insert on odd_b for each row execute function noop()'],
  ])('%s makes another shape; the key alone does not', async (_, change) => {
    await sql(`drop table if exists odd_a, odd_b; drop function if exists noop;
               create function noop() returns trigger language plpgsql as 'begin return new; end';
               create table odd_a (c text); create index odd_a_c on odd_a (c);
               create table odd_b (c text); create index odd_b_c on odd_b (c)`)
    const both = [
      { name: 'odd_a', key: 'a', blank: 'odd_{key}' },
      { name: 'odd_b', key: 'b', blank: 'odd_{key}' },
    ]
    const equal = await read(...both)
    expect(equal.shapes.size).toBe(1)
    const [shape] = equal.shapes.values()
    const [, last] = equal.tables
    expect(shape && last && shapeOfTable(shape, last).indexes).toMatchObject([
      { name: 'odd_b_c', definition: 'CREATE INDEX odd_b_c ON public.odd_b USING btree (c)' },
    ])
    await sql(change)
    expect((await read(...both)).shapes.size).toBe(2)
  })
})

describe('names that were cut to 63 bytes', () => {
  const prefix = 'table_of_one_of_many_tenants_'
  const keys = ['0123456789abcdef0123456789abcdef', 'ffff0000ffff0000ffff0000ffff0000']
  const tableOf = (key: string): string => prefix + key
  const makeTables = (checks: readonly string[]): Promise<void> =>
    sql(
      keys
        .map((key, n) => {
          const table = tableOf(key)
          const index = (part: string): string => derivedName(table, part, 'idx')
          return `drop table if exists ${table};
            create table ${table} (id int primary key, rather_long_name text, status int, unique (rather_long_name));
            create index ${index('status')} on ${table} (status);
            create index ${index('status_id')} on ${table} (status, id);
            create index ${table.slice(0, 45)}_by_hand on ${table} (status desc);
            alter table ${table} add constraint ${derivedName(table, 'checked', 'check')} check (${checks[n]})`
        })
        .join(';'),
    )
  const readAll = (): Promise<Catalog> =>
    tables.read((q) =>
      readCatalog(q, [{ schema: 'public', expression: `^${prefix}([0-9a-f]{32})$`, prefix, suffix: '' }]),
    )

  it('make no shape of their own, and are told as they are for each table', async () => {
    await makeTables(['status > 0', 'status > 0'])
    const { tables: found, shapes } = await readAll()
    expect(found.map(({ key }) => key)).toEqual(keys)
    expect(shapes.size).toBe(1)
    const [shape] = shapes.values()
    for (const [n, table] of found.entries()) {
      const spelled = shape && shapeOfTable(shape, table)
      const names = await tables.read((q) =>
        q.query<{ name: string; definition: string }>(
          `select c.relname as name, pg_get_indexdef(c.oid) as definition from pg_index i
           join pg_class c on c.oid = i.indexrelid where i.indrelid = $1::regclass order by 1`,
          [tableOf(keys[n] ?? '')],
        ),
      )
      expect(names.length).toBe(5)
      expect(spelled?.indexes.map(({ name, definition }) => ({ name, definition })).toSorted(byName)).toEqual(names)
      const checks = spelled?.constraints.filter(({ kind }) => kind === 'check')
      expect(checks).toMatchObject([{ name: derivedName(table.name, 'checked', 'check') }])
    }
  })

  it('hide no other condition, order or column', async () => {
    await makeTables(['status > 0', 'status > 1'])
    expect((await readAll()).shapes.size).toBe(2)
    await makeTables(['status > 0', 'status > 0'])
    expect((await readAll()).shapes.size).toBe(1)
    const [first = ''] = keys
    const name = derivedName(tableOf(first), 'status', 'idx')
    await sql(`drop index ${name}; create index ${name} on ${tableOf(first)} (status nulls first)`)
    expect((await readAll()).shapes.size).toBe(2)
  })
})

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1
}
