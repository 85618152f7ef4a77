import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { multiTableDdlOneTx } from './multi-table-ddl-one-tx.ts'

describeSqlRule(multiTableDdlOneTx, {
  finds: [
    `begin;
alter table a add column x int;
alter table b add column x int;
alter table c add column x int;
alter table d add column x int;
commit;`,
  ],
  leaves: [
    `begin;
alter table a add column x int;
alter table b add column x int;
commit;
begin;
alter table c add column x int;
alter table d add column x int;
commit;`,
    `alter table a add column x int;
alter table b add column x int;
alter table c add column x int;
alter table d add column x int;`,
  ],
})
