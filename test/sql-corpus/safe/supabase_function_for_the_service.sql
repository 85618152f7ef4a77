-- expect: nothing
create function public.purge_user(p_user uuid) returns void
language plpgsql security definer set search_path = '' as $$
begin
  delete from public.notes where owner = p_user;
end
$$;
revoke execute on function public.purge_user(uuid) from public, anon, authenticated;
grant execute on function public.purge_user(uuid) to service_role;
notify pgrst, 'reload schema';
