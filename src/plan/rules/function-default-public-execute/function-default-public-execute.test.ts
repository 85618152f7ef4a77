import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { functionDefaultPublicExecute } from './function-default-public-execute.ts'

describeSqlRule(functionDefaultPublicExecute, {
  finds: [`create function wipe() returns void language sql security definer set search_path = '' as 'select 1';`],
  leaves: [
    `begin;
create function wipe() returns void language sql security definer set search_path = '' as 'select 1';
revoke execute on function wipe() from public, anon, authenticated;
commit;`,
    `create function f() returns int language sql as 'select 1';`,
    `create function t() returns trigger language plpgsql security definer set search_path = '' as $$ begin return new; end $$;`,
    `alter default privileges revoke execute on functions from public;
create function f() returns int language sql security definer set search_path = '' as 'select 1';`,
  ],
})
