import { tenants } from '../../../tenants/tenants-config.ts'
import type { OperationCase } from '../../operation-case.ts'
import { addIndexStep } from './add-index.ts'

const provision = `
create function create_user_table(uid text) returns boolean language plpgsql security definer as $$
begin
  execute format('create table if not exists %I (id serial primary key, email text)', 'user_table_' || md5(uid));
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
const uniques = `select count(*)::int as found from pg_index i join pg_class c on c.oid = i.indrelid
                 where c.relname like 'user_table%' and i.indisunique and i.indisvalid and not i.indisprimary`
const indexes = `select indexrelid::regclass::text as name from pg_index
                 where indrelid = 'orders'::regclass and indisvalid order by 1`

/** Every tenant's table, and a table of more than a megabyte, one of whose indexes is there under another name. */
export const addIndexCases: readonly OperationCase[] = [
  {
    name: 'every tenant gets a unique index, new tenants included',
    tenants: config,
    steps: [addIndexStep(tenants('user_table'), 'email', { unique: true })],
    before: {
      documents: users,
      sql: [
        provision,
        "select create_user_table('a'), create_user_table('b')",
        `insert into ${tableA} (email) select n || '@example.test' from generate_series(1, 5) n`,
      ],
    },
    after: {
      documents: users,
      queries: [
        { sql: uniques, rows: [{ found: 2 }] },
        { sql: `select count(*)::int as n from ${tableA}`, rows: [{ n: 5 }] },
      ],
    },
    others: {
      documents: { 'Users/c': { email: 'c@example.test' } },
      sql: ["select create_user_table('c')", `insert into ${tableC} (email) values ('c@example.test')`],
      afterDown: {
        documents: { ...users, 'Users/c': { email: 'c@example.test' } },
        queries: [
          { sql: uniques, rows: [{ found: 0 }] },
          { sql: `select email from ${tableC}`, rows: [{ email: 'c@example.test' }] },
          { sql: "select count(*)::int as n from pg_proc where proname like 'create_user%'", rows: [{ n: 1 }] },
        ],
      },
    },
  },
  {
    name: 'a large table gets its index concurrently, and keeps the one it had under another name',
    steps: [
      addIndexStep('orders', { expression: 'lower(email)' }, { where: "status = 'open'" }),
      addIndexStep('orders', ['total', { column: 'id', order: 'desc' }]),
    ],
    before: {
      documents: {},
      sql: [
        'create table orders (id int primary key, email text, total int, status text, filler text)',
        "insert into orders select n, 'N' || n, n % 7, 'open', repeat('x', 1000) from generate_series(1, 1500) n",
        'create index theirs on orders (total, id desc)',
        'analyze orders',
      ],
    },
    after: {
      documents: {},
      queries: [
        {
          sql: indexes,
          rows: [{ name: 'orders_2e143c_idx' }, { name: 'orders_pkey' }, { name: 'theirs' }],
        },
      ],
    },
    others: {
      documents: {},
      sql: ["insert into orders values (9999, 'N9999', 1, 'open')", 'update orders set total = 70 where id = 2'],
      afterDown: {
        documents: {},
        queries: [
          { sql: indexes, rows: [{ name: 'orders_pkey' }, { name: 'theirs' }] },
          { sql: 'select total from orders where id in (2, 9999) order by id', rows: [{ total: 70 }, { total: 1 }] },
        ],
      },
    },
  },
]
