import type { OperationCase } from '../../operation-case.ts'
import { tenants } from '../../../tenants/tenants-config.ts'
import { renameColumnStep } from './rename-column.ts'

const config = {
  source: { from: 'sql', sql: 'select uid from owners order by uid' },
  key: 'plain',
  tables: { contact: 'contact_{key}' },
  provision: 'create_contact(text)',
} as const

const provision = `
create function create_contact(uid text) returns text language plpgsql as $$
begin
  execute format('create table %I (id serial primary key, mail text default %L, tags text[])', 'contact_' || uid, uid || '@example.test');
  return uid;
end $$`

/** A column with everything on it, and every tenant's. */
export const renameColumnCases: readonly OperationCase[] = [
  {
    name: 'a column with sequence, expression index, check and foreign key is called otherwise',
    steps: [renameColumnStep('users', 'no', 'number'), renameColumnStep('users', 'mail', 'email')],
    before: {
      documents: {},
      sql: [
        `create table places (id int primary key); insert into places values (1);
         create table users (id int primary key, no serial not null, mail text constraint mail_form check (mail like '%@%'), place int);
         create index users_mail_idx on users (lower(mail)) where mail <> '';
         alter table users add constraint users_no_place foreign key (place) references places (id);
         insert into users (id, mail, place) select n, n || '@example.test', 1 from generate_series(1, 300) n`,
      ],
    },
    after: {
      documents: {},
      queries: [
        {
          sql: "select count(*)::int as n from users where email = id || '@example.test' and number between 1 and 300",
          rows: [{ n: 300 }],
        },
        {
          sql: "select pg_get_constraintdef(oid) as def from pg_constraint where conname = 'email_form'",
          rows: [{ def: "CHECK ((email ~~ '%@%'::text))" }],
        },
        {
          sql: "select indexdef as def from pg_indexes where indexname = 'users_email_idx'",
          rows: [
            {
              def: "CREATE INDEX users_email_idx ON public.users USING btree (lower(email)) WHERE (email <> ''::text)",
            },
          ],
        },
      ],
    },
    others: {
      documents: {},
      sql: [
        "insert into users (id, mail) values (901, 'old@example.test')",
        "insert into users (id, email) values (902, 'new@example.test')",
        "update users set email = 'other@example.test' where id = 1",
        'update users set mail = null where id = 2',
      ],
      afterDown: {
        documents: {},
        queries: [
          {
            sql: 'select id, no, mail from users where id in (1, 2, 901, 902) order by id',
            rows: [
              { id: 1, no: 1, mail: 'other@example.test' },
              { id: 2, no: 2, mail: null },
              { id: 901, no: 301, mail: 'old@example.test' },
              { id: 902, no: 302, mail: 'new@example.test' },
            ],
          },
          { sql: 'select count(*)::int as n from lockstep.kept_values', rows: [{ n: 0 }] },
        ],
      },
    },
  },
  {
    name: "every tenant's column is called otherwise, new tenants included",
    tenants: config,
    steps: [renameColumnStep(tenants('contact'), 'mail', 'email')],
    before: {
      documents: {},
      sql: [
        `create table owners (uid text); insert into owners values ('a'), ('b')`,
        provision,
        "select create_contact('a'), create_contact('b')",
        'insert into contact_a default values',
      ],
    },
    after: { documents: {}, queries: [{ sql: 'select email from contact_a', rows: [{ email: 'a@example.test' }] }] },
    others: {
      documents: {},
      sql: [
        "select create_contact('c'); insert into owners values ('c')",
        "insert into contact_c (email) values ('new@example.test')",
        'insert into contact_c default values',
      ],
      afterDown: {
        documents: {},
        queries: [
          {
            sql: 'select id, mail from contact_c order by id',
            rows: [
              { id: 1, mail: 'new@example.test' },
              { id: 2, mail: 'c@example.test' },
            ],
          },
        ],
      },
    },
  },
]
