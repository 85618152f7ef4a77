import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { truncate } from './truncate.ts'

describeSqlRule(truncate, {
  finds: ['truncate orders cascade;', 'truncate table a, b;'],
  leaves: [
    'delete from orders where id = 7;',
    `create temp table t (a int);
truncate t;`,
  ],
})
