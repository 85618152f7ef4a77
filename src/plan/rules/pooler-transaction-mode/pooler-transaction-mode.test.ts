import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { poolerTransactionMode } from './pooler-transaction-mode.ts'

describeSqlRule(poolerTransactionMode, {
  finds: [
    'create function f() returns void language sql as $$ select pg_advisory_lock(7) $$;',
    'create function f() returns void language plpgsql as $$ begin perform pg_try_advisory_lock(7); end $$;',
    'prepare one as select 1;',
    'listen orders;',
    'begin; declare c cursor with hold for select 1; commit;',
  ],
  leaves: [
    'create function f() returns void language sql as $$ select pg_advisory_xact_lock(7) $$;',
    'select pg_try_advisory_lock(7);',
    'begin; declare c cursor for select 1; commit;',
    'create function f() returns void language plpgsql as $$ declare c cursor for select 1; begin open c; end $$;',
    'notify orders;',
  ],
})
