import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { dropTable } from './drop-table.ts'

describeSqlRule(dropTable, {
  finds: ['drop table orders;', 'drop table if exists a, shop.b cascade;'],
  leaves: [
    'alter table orders rename constraint a to b;',
    `create temp table t (a int);
drop table t;`,
  ],
})
