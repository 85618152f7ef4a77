-- expect: enum-add-in-tx
begin;
alter type order_state add value 'returned';
update orders set state = 'returned' where id = 7;
commit;
