import { tenants } from '../../../tenants/tenants-config.ts'
import type { OperationCase } from '../../operation-case.ts'
import { addConstraintStep } from './add-constraint.ts'

const provision = `
create function create_user_table(uid text) returns boolean language plpgsql security definer as $$
begin
  execute format('create table if not exists %I (id serial primary key, age int)', 'user_table_' || md5(uid));
  execute format('create table if not exists %I (id int, owner int, word text)', 'user_notes_' || md5(uid));
  return true;
end $$`

const config = {
  source: { from: 'documents', collection: 'Users' },
  key: 'md5',
  tables: { user_table: 'user_table_{key}', user_notes: 'user_notes_{key}' },
  provision: 'create_user_table(text)',
} as const

const users = { 'Users/a': { email: 'a@example.test' }, 'Users/b': { email: 'b@example.test' } }
const [a, c] = ['0cc175b9c0f1b6a831c399e269772661', '4a8a08f09d37b73795649038408b5f33']
const kinds = (
  tables: string,
): string => `select contype as kind, count(*)::int as n from pg_constraint k join pg_class c on c.oid = k.conrelid
  where c.relname ~ '${tables}' and contype in ('c', 'f', 'p', 'u') and convalidated and conname !~ '^lockstep' group by contype order by contype`

/** A constraint of each kind on every tenant's tables, a foreign key between two of them; and on a large single table. */
export const addConstraintCases: readonly OperationCase[] = [
  {
    name: 'every tenant gets constraints of each kind, new tenants included',
    tenants: config,
    steps: [
      addConstraintStep(tenants('user_table'), { check: 'age >= 0 and age < 200' }),
      addConstraintStep(tenants('user_notes'), { primaryKey: ['id'] }),
      addConstraintStep(tenants('user_notes'), { unique: ['owner', 'word'] }),
      addConstraintStep(tenants('user_notes'), {
        foreignKey: 'owner',
        references: 'user_table_{key}',
        onDelete: 'cascade',
        name: 'belongs',
      }),
    ],
    before: {
      documents: users,
      sql: [
        provision,
        "select create_user_table('a'), create_user_table('b')",
        `insert into user_table_${a} (age) values (30), (null)`,
        `insert into user_notes_${a} values (1, 1, 'x'), (2, 1, 'y'), (3, null, 'y')`,
      ],
    },
    after: {
      documents: users,
      queries: [
        {
          sql: kinds('^user_notes'),
          rows: [
            { kind: 'f', n: 2 },
            { kind: 'p', n: 2 },
            { kind: 'u', n: 2 },
          ],
        },
        {
          sql: kinds('^user_table'),
          rows: [
            { kind: 'c', n: 2 },
            { kind: 'p', n: 2 },
          ],
        },
      ],
    },
    others: {
      documents: { 'Users/c': { email: 'c@example.test' } },
      sql: [
        "select create_user_table('c')",
        `insert into user_table_${c} (age) values (1)`,
        `insert into user_notes_${c} values (1, 1, 'z')`,
        `delete from user_table_${a} where id = 1`,
      ],
      afterDown: {
        documents: { ...users, 'Users/c': { email: 'c@example.test' } },
        queries: [
          { sql: kinds('^user_notes'), rows: [] },
          { sql: kinds('^user_table'), rows: [{ kind: 'p', n: 3 }] },
          { sql: `select word from user_notes_${a}`, rows: [{ word: 'y' }] },
          { sql: `select word from user_notes_${c}`, rows: [{ word: 'z' }] },
          {
            sql: "select count(*)::int as n from information_schema.columns where table_name like 'user_notes%' and is_nullable = 'NO'",
            rows: [{ n: 0 }],
          },
          { sql: "select count(*)::int as n from pg_proc where proname like 'create_user%'", rows: [{ n: 1 }] },
        ],
      },
    },
  },
  {
    name: 'a large table gets its key concurrently, and refers to another one, where one check is there under another name',
    steps: [
      addConstraintStep('orders', { primaryKey: 'id' }),
      addConstraintStep('orders', { foreignKey: 'customer', references: 'customers', to: 'code' }),
      addConstraintStep('orders', { check: "status in ('open', 'closed')" }),
      addConstraintStep('orders', { check: 'total > 0' }),
    ],
    before: {
      documents: {},
      sql: [
        'create table customers (id int primary key, code int unique)',
        'insert into customers select n, n from generate_series(0, 6) n',
        'create table orders (id int, customer int, total int not null, status text, filler text, constraint theirs check (total > 0))',
        "insert into orders select n, n % 7, n, 'open', repeat('x', 1000) from generate_series(1, 1500) n",
        'analyze orders',
      ],
    },
    after: {
      documents: {},
      queries: [
        {
          sql: kinds('^orders$'),
          rows: [
            { kind: 'c', n: 2 },
            { kind: 'f', n: 1 },
            { kind: 'p', n: 1 },
          ],
        },
      ],
    },
    others: {
      documents: {},
      sql: ["insert into orders values (9999, 1, 1, 'closed', '')", 'update orders set total = 70 where id = 2'],
      afterDown: {
        documents: {},
        queries: [
          { sql: kinds('^orders$'), rows: [{ kind: 'c', n: 1 }] },
          { sql: 'select total from orders where id in (2, 9999) order by id', rows: [{ total: 70 }, { total: 1 }] },
          {
            sql: "select is_nullable as nullable from information_schema.columns where table_name = 'orders' and column_name = 'id'",
            rows: [{ nullable: 'YES' }],
          },
        ],
      },
    },
  },
]
