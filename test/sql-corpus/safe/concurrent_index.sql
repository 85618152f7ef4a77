-- expect: nothing
set lock_timeout = '2s';
set statement_timeout = 0;
create index concurrently orders_by_customer on orders (customer_id, placed_at desc);
reset statement_timeout;
