import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { renameTable } from './rename-table.ts'

describeSqlRule(renameTable, {
  finds: ['alter table customer rename to customers;'],
  leaves: [
    `begin;
alter table customer rename to customers;
create view customer with (security_invoker = true) as select * from customers;
commit;`,
    'alter table orders rename to orders_gone_2026_11;',
  ],
})
