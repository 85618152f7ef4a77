import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { viewSecurityDefiner } from './view-security-definer.ts'

describeSqlRule(viewSecurityDefiner, {
  finds: [
    {
      sql: 'create view active_notes as select * from notes where active;',
      file: 'supabase/migrations/20260101000000_x.sql',
    },
    { sql: 'create materialized view totals as select 1 as a;', file: 'supabase/migrations/20260101000000_x.sql' },
  ],
  leaves: [
    {
      sql: 'create view active_notes with (security_invoker = true) as select * from notes where active;',
      file: 'supabase/migrations/20260101000000_x.sql',
    },
    'create view active_notes as select * from notes where active;',
  ],
})
