import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { backfillWithoutAnalyze } from './backfill-without-analyze.ts'

describeSqlRule(backfillWithoutAnalyze, {
  finds: [
    `do $$ begin
  loop
    update users set a = 1 where id in (select id from users where a is null limit 1000);
    exit when not found;
    commit;
  end loop;
end $$;`,
  ],
  leaves: [
    `analyze users;
do $$ begin
  loop
    update users set a = 1 where id in (select id from users where a is null limit 1000);
    exit when not found;
    commit;
  end loop;
end $$;`,
  ],
})
