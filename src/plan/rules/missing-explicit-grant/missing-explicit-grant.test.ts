import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { missingExplicitGrant } from './missing-explicit-grant.ts'

describeSqlRule(missingExplicitGrant, {
  finds: [
    {
      sql: `create table notes (id bigint primary key, body text);
alter table notes enable row level security;`,
      file: 'supabase/migrations/20260101000000_notes.sql',
    },
    `grant anon to authenticator;
create function make(a text) returns void language plpgsql as $$ begin
  execute format('create table %I (id int primary key)', a);
end $$;`,
  ],
  leaves: [
    {
      sql: `create table notes (id bigint primary key, body text);
alter table notes enable row level security;
grant select, insert on notes to authenticated;`,
      file: 'supabase/migrations/20260101000000_notes.sql',
    },
    'create table notes (id bigint primary key, body text);',
    `alter default privileges in schema public grant all on tables to service_role;
create table notes (id bigint primary key, body text);`,
  ],
})
