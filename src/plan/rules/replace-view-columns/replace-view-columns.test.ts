import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { replaceViewColumns } from './replace-view-columns.ts'

describeSqlRule(replaceViewColumns, {
  finds: [
    `drop view if exists active_users;
create view active_users as select id from users;`,
  ],
  leaves: [
    'create or replace view active_users as select id, email from users;',
    `drop view active_users;
create view active_users as select id from users;
grant select on active_users to reporting;`,
  ],
})
