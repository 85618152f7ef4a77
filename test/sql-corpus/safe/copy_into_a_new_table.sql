-- expect: nothing
create table orders_by_day as select date_trunc('day', placed_at) as day, count(*) as n from orders group by 1;
alter table orders_by_day add primary key (day);
