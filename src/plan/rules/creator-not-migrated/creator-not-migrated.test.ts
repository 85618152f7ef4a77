import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { creatorNotMigrated } from './creator-not-migrated.ts'

describeSqlRule(creatorNotMigrated, {
  finds: [
    `do $$ declare t text; begin
  for t in select tablename from pg_tables where tablename ~ '^user_table_[0-9a-f]{32}$' loop
    execute format('alter table public.%I add column note text', t);
  end loop;
end $$;`,
  ],
  leaves: [
    `create or replace function create_user_table(uid text) returns void language plpgsql as $$ begin
  execute format('create table public.%I (id int primary key, note text)', 'user_table_' || md5(uid));
end $$;
do $$ declare t text; begin
  for t in select tablename from pg_tables where tablename ~ '^user_table_[0-9a-f]{32}$' loop
    execute format('alter table public.%I add column note text', t);
  end loop;
end $$;`,
  ],
})
