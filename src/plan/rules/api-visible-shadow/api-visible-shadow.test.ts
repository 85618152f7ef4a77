import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { apiVisibleShadow } from './api-visible-shadow.ts'

describeSqlRule(apiVisibleShadow, {
  finds: [
    { sql: 'create table notes_backup (id bigint primary key);', file: 'supabase/migrations/20260101000000_x.sql' },
    { sql: 'alter table notes add column body_new text;', file: 'supabase/migrations/20260101000000_x.sql' },
  ],
  leaves: [
    {
      sql: 'create table private.notes_backup (id bigint primary key);',
      file: 'supabase/migrations/20260101000000_x.sql',
    },
    'alter table notes add column body_new text;',
  ],
})
