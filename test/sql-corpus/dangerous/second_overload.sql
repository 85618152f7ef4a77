-- expect: replace-changes-signature
create function order_total(p_order int) returns numeric language sql as 'select 0::numeric';
create or replace function order_total(p_order bigint) returns numeric language sql as 'select 0::numeric';
