import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { dropIndexNotConcurrent } from './drop-index-not-concurrent.ts'

describeSqlRule(dropIndexNotConcurrent, {
  finds: ['drop index orders_by_customer;', 'drop index if exists a, b;', 'begin; drop index a; commit;'],
  leaves: [
    'drop index concurrently if exists orders_by_customer;',
    `create table t (a int);
create index i on t (a);
drop index i;`,
    'drop table t;',
  ],
  fixes: [['drop index if exists a;', 'drop index concurrently if exists a;']],
})
