import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { setWithoutLocal } from './set-without-local.ts'

describeSqlRule(setWithoutLocal, {
  finds: [
    `begin;
set lock_timeout = '500ms';
commit;`,
  ],
  leaves: [
    `begin;
set local lock_timeout = '500ms';
commit;`,
    'set statement_timeout = 0;',
  ],
  fixes: [
    [
      `begin;
set lock_timeout = '500ms';
commit;`,
      `begin;
set local lock_timeout = '500ms';
commit;`,
    ],
  ],
})
