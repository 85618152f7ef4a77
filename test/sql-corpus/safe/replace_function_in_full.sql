-- expect: nothing
create or replace function total_of(p_order bigint) returns numeric
language sql stable parallel safe
as $$
  select coalesce(sum(l.price * l.quantity), 0) from lines l where l.order_id = p_order
$$;
