-- expect: nothing
begin;
set local lock_timeout = '500ms';
alter table client rename to clients;
create view client with (security_invoker = true) as select * from clients;
commit;
