-- expect: nothing
begin;
drop function if exists total_of(int);
create function total_of(p_order bigint) returns numeric language sql stable
as $$ select 0::numeric $$;
revoke execute on function total_of(bigint) from public;
grant execute on function total_of(bigint) to reporting;
commit;
