import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { rlsDisabledExposed } from './rls-disabled-exposed.ts'

describeSqlRule(rlsDisabledExposed, {
  finds: [
    {
      sql: 'create table notes (id bigint primary key, body text);',
      file: 'supabase/migrations/20260101000000_notes.sql',
    },
    `create function f(a text) returns void language plpgsql as $$ begin
  execute format('alter table %I disable row level security', a);
end $$;`,
  ],
  leaves: [
    {
      sql: `create table notes (id bigint primary key, body text);
alter table notes enable row level security;`,
      file: 'supabase/migrations/20260101000000_notes.sql',
    },
    'create table notes (id bigint primary key, body text);',
    {
      sql: 'create table private.notes (id bigint primary key, body text);',
      file: 'supabase/migrations/20260101000000_notes.sql',
    },
  ],
})
