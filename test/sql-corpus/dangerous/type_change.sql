-- expect: column-type-rewrite
set lock_timeout = '500ms';
alter table orders alter column id type bigint;
