-- expect: nothing
create view public.open_notes with (security_invoker = true) as select id, body from public.notes where not done;
grant select on public.open_notes to authenticated;
notify pgrst, 'reload schema';
