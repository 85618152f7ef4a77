import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { txControlInFile } from './tx-control-in-file.ts'

describeSqlRule(txControlInFile, {
  finds: [
    {
      sql: `begin;
alter table t add column a int;
commit;`,
      inTransaction: true,
    },
  ],
  leaves: [
    `begin;
alter table t add column a int;
commit;`,
    {
      sql: `savepoint a;
alter table t add column a int;
rollback to a;`,
      inTransaction: true,
    },
  ],
})
