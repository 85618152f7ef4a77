-- expect: fk-without-not-valid, missing-lock-timeout
alter table orders add constraint orders_customer foreign key (customer_id) references customers (id);
