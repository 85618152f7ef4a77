-- expect: nothing
create or replace function create_shop_tables(p_uid text) returns void language plpgsql as $$
declare
  orders_name text := 'orders_' || md5(p_uid);
begin
  execute format('create table %I (id bigint generated always as identity primary key, total numeric)', orders_name);
  execute format('create index on %I (total)', orders_name);
  execute format('alter table %I enable row level security', orders_name);
end
$$;
