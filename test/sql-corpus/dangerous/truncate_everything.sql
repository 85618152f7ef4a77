-- expect: truncate
set lock_timeout = '500ms';
truncate customers cascade;
