-- expect: uncommitted-transaction
begin;
set local lock_timeout = '500ms';
alter table users add column nickname text;
