-- expect: set-without-local
begin;
set lock_timeout = '500ms';
alter table orders add column note text;
commit;
