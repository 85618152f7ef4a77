import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { updateTouchesEveryRowWithTrigger } from './update-touches-every-row-with-trigger.ts'

describeSqlRule(updateTouchesEveryRowWithTrigger, {
  finds: [
    `create trigger touch before update on users for each row execute function touch();
update users set language = 'en' where language is null;`,
  ],
  leaves: [
    `create trigger touch before update on users for each row when (old.name is distinct from new.name) execute function touch();
update users set language = 'en' where language is null;`,
    `update users set language = 'en' where language is null;`,
  ],
})
