-- expect: drop-table, cascade-anywhere
set lock_timeout = '500ms';
drop table orders cascade;
