import type { OperationCase } from '../../operation-case.ts'
import { tenants } from '../../../tenants/tenants-config.ts'
import { convertColumnStep } from './convert-column.ts'

const typesOf = (table: string): string =>
  `select attname as name, format_type(atttypid, atttypmod) as type, attnotnull as required from pg_attribute
   where attrelid = '${table}'::regclass and attnum > 0 and not attisdropped and attname !~ '^lockstep_' order by 1`

const bills = {
  source: { from: 'sql', sql: 'select uid from owners order by uid' },
  key: 'plain',
  tables: { bill: 'bill_{key}' },
  provision: 'create_bill(text)',
} as const

/** Another type under the same name, that of a primary key among them. */
export const swapColumnCases: readonly OperationCase[] = [
  {
    name: 'a primary key and what hangs on it become bigint under their names',
    steps: [
      convertColumnStep('orders', 'id', { from: 'int', to: 'bigint' }),
      convertColumnStep('orders', 'total', { from: 'integer', to: 'int8', leave: ['odd'] }),
      convertColumnStep('items', 'no', { from: 'int4', to: 'bigint' }),
    ],
    before: {
      documents: {},
      sql: [
        `create table kinds (id integer primary key); insert into kinds values (1), (2);
         create table orders (id serial, kind int, total integer not null default 5 constraint cheap check (total < 1000000) references kinds (id) deferrable,
                              note text, constraint orders_key primary key (id) include (kind));
         create index orders_id_note on orders (id desc, note); create index orders_total on orders (total) include (note);
         alter table orders add constraint once unique (total, note);
         create index odd on orders ((total + 1));
         comment on column orders.id is 'counts'; comment on constraint orders_key on orders is 'the key'; comment on index orders_key is 'its index';
         alter table orders alter column total set statistics 77, alter column total set (n_distinct = 3);
         grant select (id, note) on orders to public; alter table orders cluster on orders_key;
         insert into orders (total) select 1 + n % 2 from generate_series(1, 300) n;
         create table items (a int, no int generated always as identity (sequence name numbers start 5 increment 5 cache 2), primary key (no, a));
         grant usage on sequence numbers to public;
         insert into items (a) select n from generate_series(1, 20) n`,
      ],
    },
    after: {
      documents: {},
      queries: [
        {
          sql: typesOf('orders'),
          rows: [
            { name: 'id', type: 'bigint', required: true },
            { name: 'kind', type: 'integer', required: false },
            { name: 'note', type: 'text', required: false },
            { name: 'total', type: 'bigint', required: true },
          ],
        },
        {
          sql: 'select count(*)::int as n, sum(id)::int as ids, sum(total)::int as totals from orders',
          rows: [{ n: 300, ids: 45_150, totals: 450 }],
        },
        {
          sql: `select conname as name from pg_constraint where conrelid = 'orders'::regclass and contype <> 'n' and conname !~ '_(old|new)_[0-9a-f]{8}$' order by 1`,
          rows: [{ name: 'cheap' }, { name: 'once' }, { name: 'orders_key' }, { name: 'orders_total_fkey' }],
        },
        {
          sql: `select pg_get_constraintdef(oid) as def from pg_constraint where conname in ('orders_key', 'cheap', 'orders_total_fkey', 'once') order by 1`,
          rows: [
            { def: 'CHECK ((total < 1000000))' },
            { def: 'FOREIGN KEY (total) REFERENCES kinds(id) DEFERRABLE' },
            { def: 'PRIMARY KEY (id) INCLUDE (kind)' },
            { def: 'UNIQUE (total, note)' },
          ],
        },
        { sql: `select obj_description('orders_key'::regclass) as said`, rows: [{ said: 'its index' }] },
        { sql: `select pg_get_serial_sequence('items', 'no') as name`, rows: [{ name: 'public.numbers' }] },
        { sql: 'select min(no)::int as first, max(no)::int as last from items', rows: [{ first: 5, last: 100 }] },
      ],
    },
    others: {
      documents: {},
      sql: [
        'insert into orders (total) values (2)',
        'insert into orders (note) select null where false',
        "update orders set id = 9001, note = 'moved' where id = 7",
        'insert into orders (id, total) values (9002, 1) on conflict (id) do update set total = 1',
        // Without names of columns the values are for the places where they were.
        "insert into orders values (9003, null, 2, 'placed')",
        'insert into items (a) values (21)',
      ],
      afterDown: {
        documents: {},
        queries: [
          {
            sql: 'select id, total from orders where id > 300 order by id',
            rows: [
              { id: 301, total: 2 },
              { id: 9001, total: 2 },
              { id: 9002, total: 1 },
              { id: 9003, total: 2 },
            ],
          },
          { sql: 'select max(no) > 100 as counted, count(*)::int as n from items', rows: [{ counted: true, n: 21 }] },
          { sql: "select count(*)::int as n from pg_namespace where nspname = 'lockstep_sync'", rows: [{ n: 0 }] },
        ],
      },
    },
  },
  {
    name: "every tenant's text becomes a uuid under its name, new tenants included",
    tenants: bills,
    steps: [
      convertColumnStep(tenants('bill'), 'ref', {
        from: 'text',
        to: 'uuid',
        up: 'md5(ref || key)::uuid',
        down: 'substr(ref::text, 1, 4) || key',
        accept: ['changed'],
      }),
      convertColumnStep(tenants('bill'), 'cents', { from: 'integer', to: 'bigint' }),
    ],
    before: {
      documents: {},
      sql: [
        `create table owners (uid text primary key); insert into owners values ('a'), ('b');
         create function create_bill(uid text) returns void language plpgsql as $$ begin
           execute format('create table %I (key int primary key, ref text, cents int default 3)', 'bill_' || uid);
           execute format('insert into %I values (1, %L)', 'bill_' || uid, uid);
         end $$`,
        "select create_bill('a'), create_bill('b')",
      ],
    },
    after: {
      documents: {},
      queries: [
        { sql: "select ref = md5('a1')::uuid as same, cents::text from bill_a", rows: [{ same: true, cents: '3' }] },
        {
          sql: typesOf('bill_b'),
          rows: [
            { name: 'cents', type: 'bigint', required: false },
            { name: 'key', type: 'integer', required: true },
            { name: 'ref', type: 'uuid', required: false },
          ],
        },
      ],
    },
    others: {
      documents: {},
      sql: [
        "select create_bill('c'); insert into owners values ('c')",
        "insert into bill_c (key, ref, cents) values (2, md5('x')::uuid, 7)",
        "update bill_a set ref = md5('y')::uuid",
      ],
      afterDown: {
        documents: {},
        queries: [
          {
            sql: typesOf('bill_c'),
            rows: [
              { name: 'cents', type: 'integer', required: false },
              { name: 'key', type: 'integer', required: true },
              { name: 'ref', type: 'text', required: false },
            ],
          },
          {
            sql: 'select key, ref, cents from bill_c order by key',
            rows: [
              { key: 1, ref: 'a9f71', cents: 3 },
              { key: 2, ref: '9dd42', cents: 7 },
            ],
          },
          { sql: 'select ref from bill_a', rows: [{ ref: '41521' }] },
          { sql: 'select ref from bill_b', rows: [{ ref: 'b' }] },
        ],
      },
    },
  },
]
