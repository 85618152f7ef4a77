import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { uniqueConstraintDirect } from './unique-constraint-direct.ts'

describeSqlRule(uniqueConstraintDirect, {
  finds: [
    'alter table users add constraint users_email_key unique (email);',
    'alter table users add column email text unique;',
  ],
  leaves: [
    `create unique index concurrently users_email_idx on users (email);
alter table users add constraint users_email_key unique using index users_email_idx;`,
    `create table users (email text);
alter table users add unique (email);`,
  ],
})
