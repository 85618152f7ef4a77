-- expect: nothing
set lock_timeout = '500ms';
set statement_timeout = 0;
create unique index concurrently users_email_key on users (email);
alter table users add constraint users_email_key unique using index users_email_key;
