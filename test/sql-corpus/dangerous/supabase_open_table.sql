-- expect: rls-disabled-exposed, missing-explicit-grant
create table public.notes (id bigint generated always as identity primary key, body text);
notify pgrst, 'reload schema';
