import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { validateInSameTx } from './validate-in-same-tx.ts'

describeSqlRule(validateInSameTx, {
  finds: [
    `begin;
alter table orders add constraint c check (total > 0) not valid;
alter table orders validate constraint c;
commit;`,
    {
      sql: `alter table orders add column b int;
alter table orders validate constraint c;`,
      inTransaction: true,
    },
  ],
  leaves: [
    `begin;
alter table orders add constraint c check (total > 0) not valid;
commit;
alter table orders validate constraint c;`,
    `begin;
alter table orders validate constraint c;
commit;`,
  ],
})
