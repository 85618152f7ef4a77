import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { roleTimeout } from './role-timeout.ts'

describeSqlRule(roleTimeout, {
  finds: [{ sql: 'create index concurrently i on t (a);', file: 'supabase/migrations/20260101000000_x.sql' }],
  leaves: [
    {
      sql: `set statement_timeout = 0;
create index concurrently i on t (a);`,
      file: 'supabase/migrations/20260101000000_x.sql',
    },
    'create index concurrently i on t (a);',
  ],
})
