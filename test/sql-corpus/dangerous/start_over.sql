-- expect: create-table-force
set lock_timeout = '500ms';
drop table if exists orders;
create table orders (id bigint primary key);
