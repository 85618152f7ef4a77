import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { tableNameNotMd5 } from './table-name-not-md5.ts'

describeSqlRule(tableNameNotMd5, {
  finds: [
    `do $$ declare t text; begin
  for t in select tablename from pg_tables where tablename like 'user_table_%' loop
    raise notice '%', t;
  end loop;
end $$;`,
  ],
  leaves: [
    `do $$ declare t text; begin
  for t in select tablename from pg_tables where tablename ~ '^user_table_[0-9a-f]{32}$' loop
    raise notice '%', t;
  end loop;
end $$;`,
    `select tablename from pg_tables where tablename like 'user_table_%';`,
  ],
})
