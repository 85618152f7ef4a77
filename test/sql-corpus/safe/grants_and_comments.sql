-- expect: nothing
grant select on orders to reporting;
revoke insert on orders from reporting;
comment on table orders is 'what customers ordered; one row an order';
