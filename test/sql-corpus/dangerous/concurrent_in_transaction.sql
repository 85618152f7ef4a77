-- expect: concurrently-in-tx
begin;
create index concurrently orders_by_customer on orders (customer_id);
commit;
