-- expect: primary-key-direct
set lock_timeout = '500ms';
alter table events add primary key (id);
