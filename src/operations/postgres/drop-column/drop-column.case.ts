import { tenants } from '../../../tenants/tenants-config.ts'
import type { OperationCase } from '../../operation-case.ts'
import { dropColumnStep } from './drop-column.ts'

const provision = `
create function create_user_table(uid text) returns boolean language plpgsql security definer as $$
begin
  execute format('create table if not exists %I (id serial primary key, fax text not null, name text)', 'user_table_' || md5(uid));
  return true;
end $$`

const config = {
  source: { from: 'documents', collection: 'Users' },
  key: 'md5',
  tables: { user_table: 'user_table_{key}' },
  provision: 'create_user_table(text)',
} as const

const users = { 'Users/a': { email: 'a@example.test' }, 'Users/b': { email: 'b@example.test' } }
const tableA = 'user_table_0cc175b9c0f1b6a831c399e269772661'
const tableC = 'user_table_4a8a08f09d37b73795649038408b5f33'

/** A required column of every tenant's table, and one of a large table with all that can hang on it. */
export const dropColumnCases: readonly OperationCase[] = [
  {
    name: 'a required column of every tenant may be left out, and goes in the end',
    tenants: config,
    steps: [dropColumnStep(tenants('user_table'), 'fax')],
    before: {
      documents: users,
      sql: [
        provision,
        "select create_user_table('a'), create_user_table('b')",
        `insert into ${tableA} (fax, name) values ('1', 'x'), ('2', 'y')`,
      ],
    },
    after: {
      documents: users,
      queries: [{ sql: `select name from ${tableA} order by id`, rows: [{ name: 'x' }, { name: 'y' }] }],
    },
    others: {
      documents: { 'Users/c': { email: 'c@example.test' } },
      sql: [
        "select create_user_table('c')",
        `insert into ${tableC} (name) values ('new')`,
        `insert into ${tableA} (fax, name) values ('3', 'old')`,
      ],
      afterDown: {
        documents: { ...users, 'Users/c': { email: 'c@example.test' } },
        queries: [
          { sql: `select fax from ${tableA} order by id`, rows: [{ fax: '1' }, { fax: '2' }, { fax: '3' }] },
          { sql: `select fax, name from ${tableC}`, rows: [{ fax: null, name: 'new' }] },
          {
            sql: "select table_name as name from information_schema.columns where column_name = 'fax' and is_nullable = 'NO' order by 1",
            rows: [{ name: tableA }, { name: 'user_table_92eb5ffee6ae2fec3ad71c777531578f' }],
          },
          { sql: "select count(*)::int as n from pg_constraint where conname ~ '^lockstep'", rows: [{ n: 0 }] },
          { sql: "select count(*)::int as n from pg_proc where proname like 'create_user%'", rows: [{ n: 1 }] },
        ],
      },
    },
  },
  {
    name: 'a column of a large table with all that hangs on it',
    steps: [dropColumnStep('orders', 'code')],
    before: {
      documents: {},
      sql: [
        'create table kinds (code varchar(20) primary key)',
        "insert into kinds values ('k1'), ('k2')",
        `create table orders (id int primary key, code varchar(20) collate "C" default 'k1' not null references kinds, total int, filler text,
           constraint sound check (code <> '' and total >= 0), unique (id, code))`,
        "insert into orders select n, 'k' || 1 + n % 2, n, repeat('x', 1000) from generate_series(1, 1500) n",
        "create index by_code on orders (lower(code)) where total > 5; create statistics codes on code, total from orders; comment on column orders.code is 'what kind'",
        'alter table orders alter column code set storage external, alter column code set statistics 7; grant select (code) on orders to public; analyze orders',
      ],
    },
    after: {
      documents: {},
      queries: [{ sql: 'select count(total)::int as n from orders', rows: [{ n: 1500 }] }],
    },
    others: {
      documents: {},
      sql: ['insert into orders (id, total) values (9999, 1)', "update orders set code = 'k2' where id = 2"],
      afterDown: {
        documents: {},
        queries: [
          { sql: 'select code from orders where id in (2, 9999) order by id', rows: [{ code: 'k2' }, { code: 'k1' }] },
        ],
      },
    },
  },
]
