-- expect: nothing
set lock_timeout = '500ms';
-- lockstep: allow drop-column because no release since 2.3 has read it, and its values are in the archive
alter table users drop column fax;
