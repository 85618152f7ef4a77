-- expect: allow-comment, drop-column
set lock_timeout = '500ms';
-- lockstep: allow drop-column
alter table users drop column fax;
