-- expect: exclusion-constraint
set lock_timeout = '500ms';
alter table bookings add constraint no_overlap exclude using gist (room with =, during with &&);
