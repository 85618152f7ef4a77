-- expect: rename-column
set lock_timeout = '500ms';
alter table users rename column mail to email;
