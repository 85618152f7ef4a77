-- expect: set-not-null-scan
set lock_timeout = '500ms';
alter table users alter column email set not null;
