import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { managedSchema } from './managed-schema.ts'

describeSqlRule(managedSchema, {
  finds: [
    { sql: 'alter table auth.users add column language text;', file: 'supabase/migrations/20260101000000_x.sql' },
  ],
  leaves: [
    {
      sql: 'create policy own on storage.objects for select using (owner = (select auth.uid()));',
      file: 'supabase/migrations/20260101000000_x.sql',
    },
    'create table auth.sessions (id bigint primary key);',
  ],
})
