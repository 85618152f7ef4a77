-- expect: drop-create-loses-acl
drop function order_total(int);
create function order_total(p_order int) returns numeric language sql as 'select 0::numeric';
