import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { replaceResetsAttributes } from './replace-resets-attributes.ts'

describeSqlRule(replaceResetsAttributes, {
  finds: [
    `create function f(a int) returns int language sql stable security definer set search_path = '' as 'select 1';
create or replace function f(a int) returns int language sql as 'select 2';`,
    {
      sql: `create or replace function f() returns int language sql as 'select 2';`,
      earlier: "create function f() returns int language sql immutable as 'select 1';",
    },
  ],
  leaves: [
    `create function f(a int) returns int language sql stable security definer set search_path = '' as 'select 1';
create or replace function f(a int) returns int language sql stable security definer set search_path = '' as 'select 2';`,
    `create or replace function f() returns int language sql as 'select 2';`,
  ],
})
