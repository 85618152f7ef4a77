-- expect: drop-column
set lock_timeout = '500ms';
alter table users drop column fax;
