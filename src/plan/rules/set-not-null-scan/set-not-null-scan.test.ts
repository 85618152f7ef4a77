import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { setNotNullScan } from './set-not-null-scan.ts'

describeSqlRule(setNotNullScan, {
  finds: [
    'alter table users alter column email set not null;',
    `alter table users add constraint c check (email is not null) not valid;
alter table users alter column email set not null;`,
    {
      sql: `alter table users add constraint c check (email is not null) not valid;
alter table users validate constraint c;
alter table users alter email set not null;`,
      version: '11.4',
    },
  ],
  leaves: [
    `alter table users add constraint email_set check (email is not null) not valid;
alter table users validate constraint email_set;
alter table users alter column email set not null;
alter table users drop constraint email_set;`,
    `create table users (email text);
alter table users alter email set not null;`,
  ],
})
