-- expect: managed-schema
set lock_timeout = '500ms';
alter table auth.users add column language text;
