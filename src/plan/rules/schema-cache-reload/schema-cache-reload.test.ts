import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { schemaCacheReload } from './schema-cache-reload.ts'

describeSqlRule(schemaCacheReload, {
  finds: [{ sql: 'create table notes (id bigint primary key);', file: 'supabase/migrations/20260101000000_x.sql' }],
  leaves: [
    {
      sql: `create table notes (id bigint primary key);
notify pgrst, 'reload schema';`,
      file: 'supabase/migrations/20260101000000_x.sql',
    },
    'create table notes (id bigint primary key);',
  ],
})
