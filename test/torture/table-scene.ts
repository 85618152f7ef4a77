import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const migration = '20261122093000_every_table_change'

/** The columns of the single table and of each tenant's are alike, so that the same clients write both. */
const columns = (kind: string): string =>
  `label text, cents int not null default 5, status text, kind int ${kind}, code text, age int, points int not null default 1`

/** The single table is larger than what is indexed under a lock; a tenant's is small. */
export function schemaSql(rows: number): string {
  return `do $do$ begin create role torture_owner; exception when duplicate_object or unique_violation then null; end $do$;
do $do$ begin create role torture_reader; exception when duplicate_object or unique_violation then null; end $do$;
grant usage, create on schema public to torture_owner;
create table app_users (uid text primary key);
create table customers (id int primary key);
insert into customers select n from generate_series(0, 9) n;
create table orders (id int primary key, ${columns('default 3')}, customer int, filler text);
alter table orders alter column kind set statistics 50;
alter table orders alter column label set storage external;
insert into orders select n, 'l' || n, n, case when n % 2 = 0 then 'paid' end, 3, 'c' || n, n % 90, n % 50, n % 10, repeat('x', 700)
  from generate_series(1, ${rows}) n;
comment on table orders is 'what was bought';
comment on column orders.cents is 'money';
comment on column orders.kind is 'legacy';
create index orders_cents_idx on orders (cents);
create index orders_kind_idx on orders (kind) where kind > 1;
create statistics orders_kind_age on kind, age from orders;
create index orders_points_idx on orders (points desc) include (age);
create view order_codes as select code, customer from orders;
create function keep_row() returns trigger language plpgsql as $f$ begin return new; end $f$;
create trigger keep before update on orders for each row execute function keep_row();
alter table orders enable row level security;
create policy everyone on orders to torture_reader using (age >= 0);
grant select on order_codes to torture_reader;
grant select (id, cents, kind), update (cents, label) on orders to torture_reader;
alter table orders owner to torture_owner;
alter view order_codes owner to torture_owner;
create function create_user_table(uid text) returns boolean language plpgsql security definer set search_path = public, pg_temp as $f$
declare key text := md5(uid); begin
  execute format('create table if not exists %I (id int primary key, ${columns('not null default 7')})', 'user_table_' || key);
  execute format('create table if not exists %I (id int, owner int, word text)', 'user_notes_' || key);
  execute format('comment on table %I is %L', 'user_table_' || key, 'of a tenant');
  execute format('comment on column %I.cents is %L', 'user_table_' || key, 'money');
  execute format('grant select (id, label), update (label) on %I to torture_reader', 'user_table_' || key);
  execute format('alter table %I owner to torture_owner', 'user_table_' || key);
  return true;
end $f$;
revoke execute on function create_user_table(text) from public;
create function order_total(n int) returns int language sql stable as 'select n';
comment on function order_total(int) is 'a total';
grant execute on function order_total(int) to torture_reader;
create function order_name(n int) returns text language sql stable as $f$ select 'order ' || n $f$`
}

const both = (step: (target: string) => string): string =>
  [`tenants('user_table')`, `'orders'`].map(step).join(',\n    ')

const steps = [
  both((target) => `postgres.addColumn(${target}, 'language', 'text', { default: 'en', index: true })`),
  both((target) => `postgres.setNotNull(${target}, 'status', { fill: 'open' })`),
  `postgres.addIndex(tenants('user_table'), 'code', { unique: true })`,
  `postgres.addIndex('orders', ['age', 'code'])`,
  both((target) => `postgres.addConstraint(${target}, { check: 'age >= 0' })`),
  `postgres.addConstraint('orders', { unique: 'code' })`,
  `postgres.addConstraint('orders', { foreignKey: 'customer', references: 'customers' })`,
  `postgres.addConstraint(tenants('user_notes'), { primaryKey: 'id' })`,
  `postgres.addConstraint(tenants('user_notes'), { foreignKey: 'owner', references: 'user_table_{key}', onDelete: 'cascade' })`,
  both((target) => `postgres.dropColumn(${target}, 'kind')`),
  both(
    (target) =>
      `postgres.convertColumn(${target}, 'cents', { to: 'numeric(12,2)', up: 'cents / 100.0', down: 'round(amount * 100)', as: 'amount' })`,
  ),
  both((target) => `postgres.renameColumn(${target}, 'label', 'title')`),
  `postgres.convertColumn('orders', 'id', { from: 'int', to: 'bigint' })`,
  both(
    (target) =>
      `postgres.convertColumn(${target}, 'points', { from: 'int', to: 'text', up: 'points::text', down: 'points::int' })`,
  ),
  `postgres.sql({
      on: tenants('user_table'),
      up: "comment on table {table} is 'settings'",
      down: "comment on table {table} is 'of a tenant'",
      verify: "select 1 where obj_description('{table}'::regclass, 'pg_class') is distinct from 'settings'",
    })`,
  `postgres.replaceFunction('order_total', { file: 'sql/order_total.sql' })`,
  `postgres.replaceFunction('order_name', { file: 'sql/order_name.sql', keepOld: true })`,
]

/** A project that does every change of tables, to one table and to every tenant's, in one migration. */
export function writeProject(folder: string, project: string): void {
  mkdirSync(join(folder, 'migrations'))
  mkdirSync(join(folder, 'sql'))
  writeFileSync(
    join(folder, 'lockstep.config.ts'),
    `import { defineConfig } from 'lockstep'

export default defineConfig({
  environments: {
    local: { kind: 'local', firestore: { projectId: '${project}' }, postgres: { url: { env: 'DATABASE_URL' } } },
  },
  tenants: {
    source: { from: 'sql', sql: 'select uid from app_users' },
    key: 'md5',
    tables: { user_table: 'user_table_{key}', user_notes: 'user_notes_{key}' },
    provision: 'create_user_table(text)',
  },
})
`,
  )
  writeFileSync(
    join(folder, 'sql', 'order_total.sql'),
    `create or replace function order_total(n int) returns int language sql as 'select n + 0'\n`,
  )
  writeFileSync(
    join(folder, 'sql', 'order_name.sql'),
    `create function order_name(n bigint) returns text language sql as $f$ select 'order ' || n $f$\n`,
  )
  writeFileSync(
    join(folder, 'migrations', `${migration}.ts`),
    `import { defineMigration, postgres, tenants } from 'lockstep'

export default defineMigration({
  summary: 'every change of tables at once',
  steps: [
    ${steps.join(',\n    ')},
  ],
})
`,
  )
}
