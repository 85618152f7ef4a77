-- expect: not-rerunnable
set lock_timeout = '500ms';
alter table orders add column note text;
create index concurrently orders_by_note on orders (note);
