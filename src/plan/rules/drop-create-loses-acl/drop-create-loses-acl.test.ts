import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { dropCreateLosesAcl } from './drop-create-loses-acl.ts'

describeSqlRule(dropCreateLosesAcl, {
  finds: [
    `drop function if exists total(int);
create function total(a int) returns bigint language sql as 'select 1::bigint';`,
  ],
  leaves: [
    `begin;
drop function total(int);
create function total(a int) returns bigint language sql as 'select 1::bigint';
revoke execute on function total(int) from public;
grant execute on function total(int) to reporting;
commit;`,
    `create or replace function total(a int) returns int language sql as 'select 1';`,
  ],
})
