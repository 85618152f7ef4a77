-- expect: nothing
set statement_timeout = 0;
drop index concurrently if exists orders_by_state;
create index concurrently orders_by_state on orders (state) where state <> 'done';
