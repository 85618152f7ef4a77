import type { OperationCase } from '../../operation-case.ts'
import { tenants } from '../../../tenants/tenants-config.ts'
import { addColumnStep } from './add-column.ts'

const provision = `
create function create_user_table(uid text) returns boolean language plpgsql security definer as $$
begin
  execute format('create table if not exists %I (id serial primary key, company_info jsonb)', 'user_table_' || md5(uid));
  return true;
end $$`

const config = {
  source: { from: 'documents', collection: 'Users' },
  key: 'md5',
  tables: { user_table: 'user_table_{key}' },
  provision: 'create_user_table(text)',
} as const

const users = { 'Users/a': { email: 'a@example.test' }, 'Users/b': { email: 'b@example.test' } }
const sql = [
  provision,
  "select create_user_table('a'), create_user_table('b')",
  "insert into user_table_0cc175b9c0f1b6a831c399e269772661 (company_info) select '{}' from generate_series(1, 3)",
]
const columns = (table: string, column: string): string =>
  `select count(*)::int as found from information_schema.columns where table_name like '${table}%' and column_name = '${column}'`
const tableA = 'user_table_0cc175b9c0f1b6a831c399e269772661'

/** Every tenant's table with rows in one of them, and a single table without a tenant. */
export const addColumnCases: readonly OperationCase[] = [
  {
    name: 'every tenant gets a column with default and index, new tenants included',
    tenants: config,
    steps: [addColumnStep(tenants('user_table'), 'language', 'text', { default: 'en', notNull: true, index: true })],
    before: { documents: users, sql },
    after: {
      documents: users,
      queries: [
        { sql: columns('user_table', 'language'), rows: [{ found: 2 }] },
        { sql: `select distinct language from ${tableA}`, rows: [{ language: 'en' }] },
        {
          sql: "select count(*)::int as found from pg_indexes where indexdef like '%(language)'",
          rows: [{ found: 2 }],
        },
      ],
    },
    others: {
      documents: { 'Users/c': { email: 'c@example.test' } },
      sql: [
        "select create_user_table('c')",
        "insert into user_table_4a8a08f09d37b73795649038408b5f33 (language) values ('es')",
        `update ${tableA} set language = 'fr', company_info = '{"x": 1}' where id = 2`,
      ],
      afterDown: {
        documents: { ...users, 'Users/c': { email: 'c@example.test' } },
        queries: [
          { sql: columns('user_table', 'language'), rows: [{ found: 0 }] },
          {
            sql: "select count(*)::int as found from pg_tables where tablename like 'user_table%'",
            rows: [{ found: 3 }],
          },
          { sql: `select company_info from ${tableA} where id = 2`, rows: [{ company_info: { x: 1 } }] },
          {
            sql: 'select row_key, value from lockstep.kept_values order by value::text',
            rows: [
              { row_key: { id: 1 }, value: 'es' },
              { row_key: { id: 2 }, value: 'fr' },
            ],
          },
          {
            sql: "select count(*)::int as found from pg_proc where proname like 'create_user_table%'",
            rows: [{ found: 1 }],
          },
        ],
      },
    },
  },
  {
    name: 'an expression fills the rows of one table and is then required',
    steps: [addColumnStep('orders', 'token', 'uuid', { default: { sql: 'gen_random_uuid()' }, notNull: true })],
    before: {
      documents: {},
      sql: [
        'create table orders (id int primary key, total numeric)',
        'insert into orders select n, n from generate_series(1, 2500) n',
      ],
    },
    after: {
      documents: {},
      queries: [
        {
          sql: 'select count(*)::int as n, count(distinct token)::int as tokens from orders',
          rows: [{ n: 2500, tokens: 2500 }],
        },
        {
          sql: "select is_nullable from information_schema.columns where table_name = 'orders' and column_name = 'token'",
          rows: [{ is_nullable: 'NO' }],
        },
        {
          sql: "select count(*)::int as checks from pg_constraint where conrelid = 'orders'::regclass and contype = 'c'",
          rows: [{ checks: 0 }],
        },
      ],
    },
    others: {
      documents: {},
      sql: ['insert into orders (id, total) values (9999, 1)', 'update orders set total = 7 where id = 1'],
      afterDown: {
        documents: {},
        queries: [
          { sql: columns('orders', 'token'), rows: [{ found: 0 }] },
          { sql: 'select total from orders where id in (1, 9999) order by id', rows: [{ total: '7' }, { total: '1' }] },
        ],
      },
    },
  },
]
