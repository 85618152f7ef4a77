import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { reloadStorm } from './reload-storm.ts'

describeSqlRule(reloadStorm, {
  finds: [
    `do $$ begin
  for i in 1..100 loop
    perform pg_notify('pgrst', 'reload schema');
    commit;
  end loop;
end $$;`,
  ],
  leaves: [`notify pgrst, 'reload schema';`],
})
