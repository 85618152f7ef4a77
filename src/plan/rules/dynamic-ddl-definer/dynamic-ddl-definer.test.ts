import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { dynamicDdlDefiner } from './dynamic-ddl-definer.ts'

describeSqlRule(dynamicDdlDefiner, {
  finds: [
    `create function add_column(t text, c text) returns void language plpgsql security definer set search_path = '' as $$
begin
  execute format('alter table public.%I add column %I jsonb', t, c);
end $$;
revoke execute on function add_column(text, text) from public;`,
  ],
  leaves: [
    `create function add_column(t text, c text) returns void language plpgsql security definer set search_path = '' as $$
begin
  execute format('alter table public.%I add column %I jsonb', t, c);
end $$;
revoke execute on function add_column(text, text) from public, anon, authenticated;
grant execute on function add_column(text, text) to service_role;`,
    `create function count_rows(t text) returns bigint language plpgsql security definer set search_path = '' as $$
declare n bigint;
begin
  execute format('select count(*) from public.%I', t) into n;
  return n;
end $$;`,
  ],
})
