import type { OperationCase } from '../../operation-case.ts'
import { tenants } from '../../../tenants/tenants-config.ts'
import { convertColumnStep } from './convert-column.ts'

const provision = `
create function create_account(uid text) returns void language plpgsql as $$
begin
  execute format('create table %I (id int primary key, cents integer not null default 150, note text)', 'account_' || uid);
  execute format('create index %I on %I (cents, note)', 'account_' || uid || '_cents_idx', 'account_' || uid);
  execute format('insert into %I values (1, 199, %L)', 'account_' || uid, uid);
end $$`

const config = {
  source: { from: 'sql', sql: 'select uid from owners order by uid' },
  key: 'plain',
  tables: { account: 'account_{key}' },
  provision: 'create_account(text)',
} as const

const toAmount = { to: 'numeric(12,2)', up: 'cents / 100.0', down: 'round(amount * 100)', as: 'amount' } as const
const columns = (table: string): string =>
  `select column_name as name from information_schema.columns where table_name = '${table}' order by 1`
const named = (...names: readonly string[]): readonly { readonly name: string }[] => names.map((name) => ({ name }))

/** Money in cents as an amount: with all that can hang on a column, and in every tenant's table. */
export const convertColumnCases: readonly OperationCase[] = [
  {
    name: 'cents become an amount beside them, with index, default, requirement and foreign key',
    steps: [convertColumnStep('orders', 'cents', { ...toAmount, accept: ['changed'], leave: ['cheap'] })],
    before: {
      documents: {},
      sql: [
        `create table orders (id int primary key, cents integer not null default 0 constraint cheap check (cents < 1000000), note text);
         create index orders_cents_idx on orders (cents desc) include (note);
         create unique index orders_note_cents on orders (note, cents);
         alter table orders add constraint once unique (cents, note), add constraint cents_once unique (id, cents);
         comment on column orders.cents is 'what it costs, in cents'`,
        `insert into orders select n, n * 7, 'n' || n from generate_series(1, 2500) n`,
      ],
    },
    after: {
      documents: {},
      queries: [
        { sql: 'select count(*)::int as n from orders where amount = id * 0.07', rows: [{ n: 2500 }] },
        {
          sql: "select attnotnull as required from pg_attribute where attrelid = 'orders'::regclass and attname = 'amount'",
          rows: [{ required: true }],
        },
        {
          sql: "select regexp_replace(indexrelid::regclass::text, '_[0-9a-f]{8}$', '') as name from pg_index where indrelid = 'orders'::regclass and pg_get_indexdef(indexrelid) like '%amount%' order by 1",
          rows: named('amount_once', 'once_amount', 'orders_amount_idx', 'orders_note_amount'),
        },
        {
          sql: "select count(*)::int as n from pg_constraint where conrelid = 'orders'::regclass and contype = 'u' and pg_get_constraintdef(oid) like '%amount%'",
          rows: [{ n: 2 }],
        },
        {
          sql: `select col_description('orders'::regclass, attnum) as said from pg_attribute
                where attrelid = 'orders'::regclass and attname = 'amount'`,
          rows: [{ said: 'what it costs, in cents' }],
        },
      ],
    },
    others: {
      documents: {},
      sql: [
        "insert into orders (id, cents, note) values (9001, 1234, 'old client')",
        "insert into orders (id, amount, note) values (9002, 56.78, 'new client')",
        "insert into orders (id, note) values (9003, 'neither')",
        'update orders set cents = cents + 1 where id = 1',
        'update orders set amount = amount + 1 where id = 2',
        'update orders set cents = 300, amount = 3 where id = 3',
        'update orders set cents = 1, amount = 4 where id = 4',
      ],
      afterDown: {
        documents: {},
        queries: [
          {
            sql: 'select id, cents from orders where id < 5 or id > 9000 order by id',
            rows: [
              { id: 1, cents: 8 },
              { id: 2, cents: 114 },
              { id: 3, cents: 300 },
              { id: 4, cents: 400 },
              { id: 9001, cents: 1234 },
              { id: 9002, cents: 5678 },
              { id: 9003, cents: 0 },
            ],
          },
          { sql: columns('orders'), rows: named('cents', 'id', 'note') },
          { sql: "select count(*)::int as n from pg_namespace where nspname = 'lockstep_sync'", rows: [{ n: 0 }] },
        ],
      },
    },
  },
  {
    name: 'what the old column cannot hold is kept in the ledger',
    steps: [
      convertColumnStep('readings', 'celsius', {
        to: 'double precision',
        up: 'celsius * 1.5',
        down: 'floor(kelvin / 1.5)',
        as: 'kelvin',
        default: '273.15',
        accept: ['null', 'changed'],
      }),
    ],
    before: {
      documents: {},
      sql: [
        `create table readings (id int primary key, celsius integer default random()::int);
         insert into readings values (1, 20), (2, null), (3, -4)`,
      ],
    },
    after: {
      documents: {},
      queries: [
        {
          sql: 'select id, kelvin from readings order by id',
          rows: [
            { id: 1, kelvin: 30 },
            { id: 2, kelvin: null },
            { id: 3, kelvin: -6 },
          ],
        },
      ],
    },
    others: {
      documents: {},
      sql: ['update readings set kelvin = 31 where id = 1', 'insert into readings (id, kelvin) values (4, 15)'],
      afterDown: {
        documents: {},
        queries: [
          {
            sql: 'select id, celsius from readings order by id',
            rows: [
              { id: 1, celsius: 20 },
              { id: 2, celsius: null },
              { id: 3, celsius: -4 },
              { id: 4, celsius: 10 },
            ],
          },
          { sql: 'select row_key, value from lockstep.kept_values', rows: [{ row_key: { id: 1 }, value: 31 }] },
        ],
      },
    },
  },
  {
    name: "every tenant's table, new tenants included",
    tenants: config,
    steps: [convertColumnStep(tenants('account'), 'cents', toAmount)],
    before: {
      documents: {},
      sql: [
        `create table owners (uid text); insert into owners values ('a'), ('b')`,
        provision,
        "select create_account('a'), create_account('b')",
      ],
    },
    after: {
      documents: {},
      queries: [
        {
          sql: 'select amount::text from account_a union all select amount::text from account_b',
          rows: [{ amount: '1.99' }, { amount: '1.99' }],
        },
      ],
    },
    others: {
      documents: {},
      sql: [
        "select create_account('c'); insert into owners values ('c')",
        'insert into account_c (id, amount) values (2, 5)',
        'insert into account_c (id) values (3)',
        'update account_a set cents = 1000',
      ],
      afterDown: {
        documents: {},
        queries: [
          { sql: columns('account_c'), rows: named('cents', 'id', 'note') },
          {
            sql: 'select id, cents from account_c order by id',
            rows: [
              { id: 1, cents: 199 },
              { id: 2, cents: 500 },
              { id: 3, cents: 150 },
            ],
          },
          { sql: 'select cents from account_a', rows: [{ cents: 1000 }] },
          { sql: "select count(*)::int as n from pg_proc where proname like 'create_account%'", rows: [{ n: 1 }] },
        ],
      },
    },
  },
]

const typeOf = (table: string, column: string): string =>
  `select format_type(atttypid, atttypmod) as type from pg_attribute where attrelid = '${table}'::regclass and attname = '${column}'`

const labels = {
  source: { from: 'sql', sql: 'select uid from owners order by uid' },
  key: 'plain',
  tables: { label: 'label_{key}' },
  provision: 'create_label(text)',
} as const

/** A wider type where the column is. */
export const widenColumnCases: readonly OperationCase[] = [
  {
    name: 'a wider text where it is, with check, indexes, foreign key and default',
    steps: [convertColumnStep('orders', 'note', { from: 'varchar(5)', to: 'varchar(20)' })],
    before: {
      documents: {},
      sql: [
        `create table kinds (note varchar(5) primary key); insert into kinds values ('a'), ('b');
         create table orders (id int primary key, note varchar(5) not null default 'a' references kinds check (note <> 'x'));
         create index on orders (note, id); create index on orders (lower(note)) where note <> 'y';
         comment on column orders.note is 'told'`,
        "insert into orders select n, 'b' from generate_series(1, 100) n",
      ],
    },
    after: {
      documents: {},
      queries: [{ sql: typeOf('orders', 'note'), rows: [{ type: 'character varying(20)' }] }],
    },
    others: {
      documents: {},
      sql: ["insert into kinds values ('c')", "insert into orders values (101, 'c')"],
      afterDown: {
        documents: {},
        queries: [
          { sql: typeOf('orders', 'note'), rows: [{ type: 'character varying(5)' }] },
          { sql: 'select count(*)::int as n from orders', rows: [{ n: 101 }] },
        ],
      },
    },
  },
  {
    name: 'every tenant gets a text without limit; one wrote more than fits the old one',
    tenants: labels,
    steps: [convertColumnStep(tenants('label'), 'text', { from: 'character varying(5)', to: 'text' })],
    before: {
      documents: {},
      sql: [
        `create table owners (uid text primary key); insert into owners values ('ada'), ('bob');
         create function create_label(uid text) returns void language plpgsql as $$
         begin execute format('create table %I (id int primary key, text varchar(5) unique)', 'label_' || uid); end $$`,
        "select create_label('ada'); select create_label('bob'); insert into label_ada values (1, 'short')",
      ],
    },
    after: {
      documents: {},
      queries: [
        { sql: typeOf('label_ada', 'text'), rows: [{ type: 'text' }] },
        { sql: typeOf('label_bob', 'text'), rows: [{ type: 'text' }] },
      ],
    },
    others: {
      documents: {},
      sql: [
        "insert into owners values ('eve'); select create_label('eve')",
        "insert into label_eve values (1, 'short'); insert into label_bob values (1, 'far too long')",
      ],
      afterDown: {
        documents: {},
        queries: [
          { sql: typeOf('label_ada', 'text'), rows: [{ type: 'character varying(5)' }] },
          { sql: typeOf('label_eve', 'text'), rows: [{ type: 'character varying(5)' }] },
          { sql: 'select text from label_bob', rows: [{ text: 'far too long' }] },
        ],
      },
    },
  },
]

export { swapColumnCases } from './swap.case.ts'
