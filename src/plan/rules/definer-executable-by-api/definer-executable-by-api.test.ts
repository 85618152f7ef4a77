import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { definerExecutableByApi } from './definer-executable-by-api.ts'

describeSqlRule(definerExecutableByApi, {
  finds: [
    `create function wipe() returns void language sql security definer set search_path = '' as 'select 1';
grant execute on function wipe() to anon, authenticated;`,
  ],
  leaves: [
    `create function wipe() returns void language sql security definer set search_path = '' as 'select 1';
revoke execute on function wipe() from public, anon, authenticated;
grant execute on function wipe() to service_role;`,
    `create function private.wipe() returns void language sql security definer set search_path = '' as 'select 1';
grant execute on function private.wipe() to authenticated;`,
  ],
})
