import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { dropColumn } from './drop-column.ts'

describeSqlRule(dropColumn, {
  finds: ['alter table users drop column nickname;', 'alter table users drop column if exists nickname cascade;'],
  leaves: [
    'alter table users rename constraint a to b;',
    `create temp table t (a int, b int);
alter table t drop column b;`,
  ],
})
