-- expect: nothing
begin;
set local lock_timeout = '500ms';
set local statement_timeout = '30s';
alter table customers add column nickname text;
comment on column customers.nickname is 'as the customer wants to be called';
commit;
