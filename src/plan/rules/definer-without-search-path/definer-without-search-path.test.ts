import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { definerWithoutSearchPath } from './definer-without-search-path.ts'

describeSqlRule(definerWithoutSearchPath, {
  finds: [
    'create function is_admin() returns boolean language sql security definer as $$ select exists (select from admins) $$;',
    'alter function f(int) security definer;',
  ],
  leaves: [
    `create function is_admin() returns boolean language sql security definer set search_path = ''
as $$ select exists (select from public.admins) $$;`,
    `create function f() returns int language sql as 'select 1';`,
    `create function f() returns int language sql security definer as 'select 1';
alter function f() set search_path = '';`,
  ],
})
