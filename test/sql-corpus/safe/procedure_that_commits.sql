-- expect: nothing
create procedure archive_orders() language plpgsql as $$
declare
  moved int;
begin
  loop
    with gone as (
      delete from orders where id in (select id from orders where placed_at < now() - interval '2 years' limit 1000) returning *
    )
    insert into orders_archive select * from gone;
    get diagnostics moved = row_count;
    commit;
    exit when moved = 0;
  end loop;
end
$$;
