/** A change of every tenant's table: as the product is told of it, and by hand. */
export interface FleetOperation {
  readonly name: string
  /** Source of the migration's steps. */
  readonly steps: string
  /** SQL files that the steps read, by path. */
  readonly files?: Readonly<Record<string, string>>
  /** By hand, before the tables. */
  readonly once?: readonly string[]
  /** By hand: each pass goes over all tables in groups of 50; `{table}` and `{cut}` (its first 40 bytes) are replaced. */
  readonly passes: readonly (readonly string[])[]
  /** SQL that is true where the table `c` (of pg_class) has the change, and has it once. */
  readonly done: string
}

/** What a sign-up calls. The key is the MD5 of the uid. */
export function provisionFunction(columns: string): string {
  return `create or replace function create_user_table(uid text) returns void language plpgsql as $$
begin
  execute format('create table %I (id serial primary key, company_info jsonb, status text, amount integer${columns})', 'user_table_' || md5(uid));
  execute format('insert into %I (status, amount) values (''open'', 1)', 'user_table_' || md5(uid));
end $$`
}

const columnOnce = `(select count(*) from pg_attribute a where a.attrelid = c.oid and a.attname = 'language' and not a.attisdropped) = 1
  and not exists (select from pg_attribute a where a.attrelid = c.oid and a.attisdropped)`

const addLanguage = `postgres.addColumn(tenants('user_table'), 'language', 'text', { default: 'en' })`
const withLanguage = provisionFunction(`, language text default ''en''`)

export const fleetOperations: readonly FleetOperation[] = [
  {
    name: 'addColumn',
    steps: addLanguage,
    passes: [[`alter table {table} add column language text default 'en'`]],
    done: columnOnce,
  },
  {
    name: 'addIndex',
    steps: `postgres.addIndex(tenants('user_table'), ['status'])`,
    passes: [['create index {cut}_status_idx on {table} (status)']],
    done: `(select count(*) from pg_index i where i.indrelid = c.oid and i.indisvalid and not i.indisprimary) = 1`,
  },
  {
    name: 'addConstraint',
    steps: `postgres.addConstraint(tenants('user_table'), { check: 'amount >= 0' })`,
    passes: [
      ['alter table {table} add constraint {cut}_check check (amount >= 0) not valid'],
      ['alter table {table} validate constraint {cut}_check'],
    ],
    done: `(select count(*) from pg_constraint k where k.conrelid = c.oid and k.contype = 'c' and k.convalidated) = 1`,
  },
  {
    name: 'setNotNull',
    steps: `postgres.setNotNull(tenants('user_table'), 'status')`,
    passes: [
      ['alter table {table} add constraint {cut}_required check (status is not null) not valid'],
      ['alter table {table} validate constraint {cut}_required'],
      ['alter table {table} alter column status set not null', 'alter table {table} drop constraint {cut}_required'],
    ],
    done: `(select a.attnotnull from pg_attribute a where a.attrelid = c.oid and a.attname = 'status')
      and not exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'c')`,
  },
  {
    name: 'replaceFunction',
    steps: `postgres.replaceFunction('create_user_table', { file: 'sql/create_user_table.sql' }), ${addLanguage}`,
    files: { 'sql/create_user_table.sql': withLanguage },
    once: [withLanguage],
    passes: [[`alter table {table} add column language text default 'en'`]],
    done: columnOnce,
  },
]
