import { tenants } from '../../../tenants/tenants-config.ts'
import type { OperationCase } from '../../operation-case.ts'
import { setNotNullStep } from './set-not-null.ts'

const provision = `
create function create_user_table(uid text) returns boolean language plpgsql security definer as $$
begin
  execute format('create table if not exists %I (id serial primary key, status text, at timestamptz)', 'user_table_' || md5(uid));
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
const required = (table: string, column: string): string =>
  `select count(*)::int as found from information_schema.columns where table_name like '${table}%' and column_name = '${column}' and is_nullable = 'NO'`
const none = {
  sql: "select count(*)::int as n from pg_constraint where contype = 'c' and conrelid <> 0 and connamespace = 'public'::regnamespace",
  rows: [{ n: 0 }],
}

/** A value filled in for old clients of every tenant, an expression of the row's own columns, and a column without NULLs. */
export const setNotNullCases: readonly OperationCase[] = [
  {
    name: 'every tenant requires a value, and old clients get one filled in',
    tenants: config,
    steps: [setNotNullStep(tenants('user_table'), 'status', { fill: 'open' })],
    before: {
      documents: users,
      sql: [
        provision,
        "select create_user_table('a'), create_user_table('b')",
        `insert into ${tableA} (status) values (null), ('closed'), (null), ('open')`,
      ],
    },
    after: {
      documents: users,
      queries: [
        { sql: required('user_table', 'status'), rows: [{ found: 2 }] },
        {
          sql: `select status from ${tableA} order by id`,
          rows: [{ status: 'open' }, { status: 'closed' }, { status: 'open' }, { status: 'open' }],
        },
        none,
      ],
    },
    others: {
      documents: { 'Users/c': { email: 'c@example.test' } },
      sql: [
        "select create_user_table('c')",
        `insert into ${tableC} (at) values (now())`,
        `insert into ${tableA} (status) values (null)`,
        `update ${tableA} set status = 'theirs' where id = 3`,
      ],
      afterDown: {
        documents: { ...users, 'Users/c': { email: 'c@example.test' } },
        queries: [
          { sql: required('user_table', 'status'), rows: [{ found: 0 }] },
          {
            sql: `select status from ${tableA} order by id`,
            rows: [
              { status: null },
              { status: 'closed' },
              { status: 'theirs' },
              { status: 'open' },
              { status: 'open' },
            ],
          },
          { sql: `select status from ${tableC}`, rows: [{ status: 'open' }] },
          { sql: 'select count(*)::int as n from pg_trigger where not tgisinternal', rows: [{ n: 0 }] },
          { sql: "select count(*)::int as n from pg_proc where proname ~ '^(create_user|fill_)'", rows: [{ n: 1 }] },
        ],
      },
    },
  },
  {
    name: 'an expression fills each row from its own columns, and a column without NULLs is required as it is',
    steps: [
      setNotNullStep('orders', 'slug', { fill: { sql: "coalesce(lower(name), '') || '-' || id" } }),
      setNotNullStep('orders', 'at'),
    ],
    before: {
      documents: {},
      sql: [
        'create table orders (id int, part text, name text, slug text, at timestamptz default now(), primary key (id, part))',
        "insert into orders (id, part, name, slug) select n, 'p', 'N' || n, case when n % 3 = 0 then 'own' end from generate_series(1, 2500) n",
      ],
    },
    after: {
      documents: {},
      queries: [
        { sql: required('orders', 'slug'), rows: [{ found: 1 }] },
        { sql: required('orders', 'at'), rows: [{ found: 1 }] },
        {
          sql: "select count(*)::int as n from orders where slug = lower(name) || '-' || id",
          rows: [{ n: 1667 }],
        },
        none,
      ],
    },
    others: {
      documents: {},
      sql: [
        "insert into orders (id, part, name) values (9999, 'q', 'New')",
        "update orders set slug = null, name = 'Renamed' where id = 1",
      ],
      afterDown: {
        documents: {},
        queries: [
          { sql: required('orders', 'slug'), rows: [{ found: 0 }] },
          { sql: required('orders', 'at'), rows: [{ found: 0 }] },
          {
            sql: 'select id, slug from orders where id in (1, 2, 3, 9999) order by id',
            rows: [
              { id: 1, slug: 'renamed-1' },
              { id: 2, slug: null },
              { id: 3, slug: 'own' },
              { id: 9999, slug: 'new-9999' },
            ],
          },
        ],
      },
    },
  },
]
