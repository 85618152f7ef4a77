-- expect: nothing
create table public.notes (
  id bigint generated always as identity primary key,
  owner uuid not null references auth.users (id),
  body text not null
);
create index on public.notes (owner);
alter table public.notes enable row level security;
create policy own_notes on public.notes for all to authenticated
  using ((select auth.uid()) = owner) with check ((select auth.uid()) = owner);
grant select, insert, update, delete on public.notes to authenticated;
grant all on public.notes to service_role;
notify pgrst, 'reload schema';
