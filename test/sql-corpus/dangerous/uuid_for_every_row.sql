-- expect: volatile-default
begin;
set local lock_timeout = '500ms';
alter table users add column public_id uuid not null default gen_random_uuid();
commit;
