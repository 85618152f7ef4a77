import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { checkWithoutNotValid } from './check-without-not-valid.ts'

describeSqlRule(checkWithoutNotValid, {
  finds: [
    'alter table orders add constraint total_positive check (total > 0);',
    'alter table orders add column total int default 1 check (total > 0);',
  ],
  leaves: [
    'alter table orders add constraint total_positive check (total > 0) not valid;',
    `create table orders (total int);
alter table orders add check (total > 0);`,
    'alter table orders add constraint c unique using index i;',
  ],
  fixes: [
    [
      'alter table orders add constraint c check (a > 0)',
      `alter table orders add constraint c check (a > 0) not valid;
alter table orders validate constraint c;`,
    ],
  ],
})
