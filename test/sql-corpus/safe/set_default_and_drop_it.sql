-- expect: nothing
set lock_timeout = '500ms';
alter table users alter column token set default gen_random_uuid();
alter table users alter column language drop default;
