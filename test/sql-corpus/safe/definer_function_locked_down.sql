-- expect: nothing
begin;
create function app_is_member(p_team bigint) returns boolean
language sql stable security definer set search_path = ''
as $$
  select exists (select 1 from public.members m where m.team_id = p_team and m.user_id = auth.uid())
$$;
revoke execute on function app_is_member(bigint) from public, anon, authenticated;
grant execute on function app_is_member(bigint) to service_role;
commit;
