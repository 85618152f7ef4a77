import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { replaceChangesSignature } from './replace-changes-signature.ts'

describeSqlRule(replaceChangesSignature, {
  finds: [
    `create function total(a int) returns int language sql as 'select 1';
create or replace function total(a bigint) returns int language sql as 'select 1';`,
    `create function total(a int) returns int language sql as 'select 1';
create or replace function total(a int) returns bigint language sql as 'select 1::bigint';`,
    `create function total(a int) returns int language sql as 'select 1';
create or replace function total(b int) returns int language sql as 'select 1';`,
  ],
  leaves: [
    `create function total(a int) returns int language sql as 'select 1';
create or replace function total(a int) returns int language sql as 'select 2';`,
    `create function total(a int) returns int language sql as 'select 1';
drop function total(int);
create or replace function total(a bigint) returns int language sql as 'select 2';`,
  ],
})
