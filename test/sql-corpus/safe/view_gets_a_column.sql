-- expect: nothing
create or replace view customer_names as select id, name, nickname from customers;
