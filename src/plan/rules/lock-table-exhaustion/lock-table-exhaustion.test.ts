import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { lockTableExhaustion } from './lock-table-exhaustion.ts'

describeSqlRule(lockTableExhaustion, {
  finds: [
    `do $$ declare t text; begin
  for t in select tablename from pg_tables where tablename ~ '^user_table_[0-9a-f]{32}$' loop
    execute format('alter table public.%I add column note text', t);
  end loop;
end $$;`,
  ],
  leaves: [
    `do $$ begin
  execute format('alter table public.%I add column note text', 'a');
end $$;`,
  ],
})
