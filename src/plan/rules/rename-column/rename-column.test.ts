import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { renameColumn } from './rename-column.ts'

describeSqlRule(renameColumn, {
  finds: ['alter table users rename column mail to email;'],
  leaves: [
    'alter table users add column email text;',
    `create table users (mail text);
alter table users rename mail to email;`,
    'alter type address rename attribute a to b;',
  ],
})
