-- expect: nothing
begin;
set local lock_timeout = '500ms';
alter table orders add constraint orders_customer foreign key (customer_id) references customers (id) not valid;
commit;
begin;
set local lock_timeout = '500ms';
alter table orders validate constraint orders_customer;
commit;
