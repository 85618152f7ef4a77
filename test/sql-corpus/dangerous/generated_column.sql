-- expect: stored-generated-column
set lock_timeout = '500ms';
alter table users add column email_lower text generated always as (lower(email)) stored;
