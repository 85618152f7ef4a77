-- expect: nothing
set lock_timeout = '500ms';
alter table users add constraint email_set check (email is not null) not valid;
alter table users validate constraint email_set;
alter table users alter column email set not null;
alter table users drop constraint email_set;
