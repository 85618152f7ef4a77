import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { addRequiredColumn } from './add-required-column.ts'

describeSqlRule(addRequiredColumn, {
  finds: ['alter table users add column email text not null;'],
  leaves: [
    `alter table users add column email text not null default '';`,
    'alter table users add column email text;',
    `create table users (id int);
alter table users add column email text not null;`,
    'alter table users add column id bigserial not null;',
  ],
})
