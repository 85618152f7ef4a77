import type { OperationCase } from '../../operation-case.ts'
import { sqlStep } from './sql.ts'

const orders = [
  'create table orders (id int primary key, total numeric)',
  'insert into orders select n, n * 10 from generate_series(1, 5) n',
]

const two = {
  source: { from: 'sql', sql: 'select uid from owners order by uid' },
  key: 'plain',
  tables: { notes: 'notes_{key}' },
} as const

const notes = [
  "create table owners (uid text primary key); insert into owners values ('ada'), ('bob')",
  'create table notes_ada (id int primary key, text text); create table notes_bob (id int primary key, text text)',
  "insert into notes_ada values (1, 'a')",
]

const isView = "select to_regclass('open_orders') is not null as found"
const comments =
  "select obj_description(oid, 'pg_class') as told from pg_class where relname like 'notes\\_%' and relkind = 'r' order by relname"

export const cases: readonly OperationCase[] = [
  {
    name: 'statements on the database, from a text and a file',
    sources: {
      'sql/view.sql':
        "create view open_orders as select * from orders where total > 10;\ncomment on view open_orders is 'for the shop';\n",
    },
    steps: [
      sqlStep({
        up: { file: 'sql/view.sql' },
        down: 'drop view open_orders',
        verify: "select 1 where to_regclass('open_orders') is null;",
      }),
    ],
    before: { documents: {}, sql: orders },
    after: {
      documents: {},
      queries: [
        { sql: isView, rows: [{ found: true }] },
        { sql: 'select count(*)::int as n from open_orders', rows: [{ n: 4 }] },
      ],
    },
    others: {
      documents: {},
      sql: ['insert into orders values (6, 60)'],
      afterDown: {
        documents: {},
        queries: [
          { sql: isView, rows: [{ found: false }] },
          { sql: 'select count(*)::int as n from orders', rows: [{ n: 6 }] },
        ],
      },
    },
  },
  {
    name: 'statements outside of a transaction',
    steps: [
      sqlStep({
        transaction: false,
        up: ['create index concurrently if not exists orders_total on orders (total)', 'analyze orders'],
        down: ['drop index concurrently if exists orders_total'],
        verify:
          "select 1 where not exists (select from pg_index where indexrelid = to_regclass('orders_total') and indisvalid)",
      }),
    ],
    before: { documents: {}, sql: orders },
    after: {
      documents: {},
      queries: [
        { sql: "select count(*)::int as n from pg_indexes where indexname = 'orders_total'", rows: [{ n: 1 }] },
      ],
    },
    others: {
      documents: {},
      sql: ['insert into orders values (6, 60)'],
      afterDown: {
        documents: {},
        queries: [
          { sql: "select count(*)::int as n from pg_indexes where indexname = 'orders_total'", rows: [{ n: 0 }] },
        ],
      },
    },
  },
  {
    name: 'statements on every tenant’s table, one of which is so already',
    tenants: two,
    steps: [
      sqlStep({
        on: { tenants: 'notes' },
        up: "comment on table {table} is 'notes of a tenant'",
        down: 'comment on table {table} is null',
        verify:
          "select 1 where obj_description('{table}'::regclass, 'pg_class') is distinct from 'notes of a tenant' and {key} <> ''",
      }),
    ],
    before: { documents: {}, sql: [...notes, "comment on table notes_bob is 'notes of a tenant'"] },
    after: {
      documents: {},
      queries: [{ sql: comments, rows: [{ told: 'notes of a tenant' }, { told: 'notes of a tenant' }] }],
    },
    others: {
      documents: {},
      sql: [
        "insert into notes_ada values (2, 'b')",
        "insert into owners values ('eve')",
        'create table notes_eve (id int primary key)',
      ],
      afterDown: {
        documents: {},
        queries: [{ sql: comments, rows: [{ told: null }, { told: 'notes of a tenant' }, { told: null }] }],
      },
    },
  },
]
