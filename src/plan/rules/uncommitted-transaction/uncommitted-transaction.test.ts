import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { uncommittedTransaction } from './uncommitted-transaction.ts'

describeSqlRule(uncommittedTransaction, {
  finds: [
    `begin;
alter table t add column a int;`,
  ],
  leaves: [
    `begin;
alter table t add column a int;
commit;`,
    `begin;
select 1;
rollback;`,
  ],
})
