-- expect: unique-constraint-direct
set lock_timeout = '500ms';
alter table users add constraint users_email_key unique (email);
