import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { concurrentlyInTx } from './concurrently-in-tx.ts'

describeSqlRule(concurrentlyInTx, {
  finds: [
    `begin;
create index concurrently i on t (a);
commit;`,
    { sql: 'drop index concurrently i;', inTransaction: true },
    'do $$ begin create index concurrently i on t (a); end $$;',
    {
      sql: `create index concurrently i on t (a);
alter table t add column b int;`,
      file: 'supabase/migrations/20260101000000_x.sql',
    },
    'begin; vacuum t; commit;',
    'start transaction; reindex table concurrently t; end;',
  ],
  leaves: [
    'create index concurrently i on t (a);',
    `begin;
alter table t add column a int;
commit;
create index concurrently i on t (a);`,
    {
      sql: `set statement_timeout = 0;
create index concurrently i on t (a);`,
      file: 'supabase/migrations/20260101000000_x.sql',
    },
    'begin; create index i on t (a); commit;',
  ],
})
