import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { extensionInPublic } from './extension-in-public.ts'

describeSqlRule(extensionInPublic, {
  finds: [{ sql: 'create extension if not exists vector;', file: 'supabase/migrations/20260101000000_x.sql' }],
  leaves: [
    {
      sql: 'create extension if not exists vector with schema extensions;',
      file: 'supabase/migrations/20260101000000_x.sql',
    },
    'create extension if not exists vector;',
  ],
})
