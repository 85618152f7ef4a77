-- expect: backfill-in-ddl-tx, unbatched-update-delete
begin;
set local lock_timeout = '500ms';
alter table users add column language text;
update users set language = 'en';
commit;
