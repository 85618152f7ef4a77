-- expect: rename-table
set lock_timeout = '500ms';
alter table client rename to clients;
