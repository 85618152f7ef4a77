-- expect: nothing
create function rows_of(p_table regclass) returns bigint language plpgsql stable as $$
declare
  n bigint;
begin
  execute format('select count(*) from %s', p_table) into n;
  return n;
end
$$;
