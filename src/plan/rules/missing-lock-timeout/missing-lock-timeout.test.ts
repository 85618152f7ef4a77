import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { missingLockTimeout } from './missing-lock-timeout.ts'

describeSqlRule(missingLockTimeout, {
  finds: [
    'alter table orders add column note text;',
    `begin;
set lock_timeout = '0';
rollback;
begin;
alter table orders add column note text;
commit;
drop table users;`,
  ],
  leaves: [
    `begin;
set local lock_timeout = '500ms';
alter table orders add column note text;
commit;`,
    `select set_config('lock_timeout', '1s', false);
alter table orders add column note text;`,
    `create table orders (id int);
alter table orders add column note text;`,
    { sql: 'alter table orders add column note text;', timed: true },
    'create index concurrently i on orders (a);',
  ],
  fixes: [
    [
      `begin;
alter table a add column b int;
commit;`,
      `begin;
set local lock_timeout = '500ms';
alter table a add column b int;
commit;`,
    ],
    [
      `alter table a add column b int;
drop table c;`,
      `set lock_timeout = '500ms';
alter table a add column b int;
drop table c;`,
    ],
  ],
})
