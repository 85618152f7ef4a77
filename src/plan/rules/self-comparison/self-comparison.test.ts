import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { selfComparison } from './self-comparison.ts'

describeSqlRule(selfComparison, {
  finds: [
    `create function has_column(table_name text) returns boolean language sql as $$
  select exists (select 1 from information_schema.columns where table_name = table_name)
$$;`,
    `create function f() returns void language plpgsql as $$ begin
  if exists (select 1 from t where a.b = a.b) then return; end if;
end $$;`,
    'delete from t where id = id;',
  ],
  leaves: [
    `create function has_column(p_table text) returns boolean language sql as $$
  select exists (select 1 from information_schema.columns c where c.table_name = p_table)
$$;`,
    'select 1 from a join b on a.id = b.id;',
  ],
})
