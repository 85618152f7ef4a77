-- expect: nothing
begin;
set local lock_timeout = '1s';
alter table chats add column language text not null default 'en', add column seen_at timestamptz default now();
commit;
