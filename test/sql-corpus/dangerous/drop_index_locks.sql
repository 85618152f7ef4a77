-- expect: drop-index-not-concurrent
drop index if exists orders_by_customer;
