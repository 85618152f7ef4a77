-- expect: nothing
analyze messages;
do $$
declare
  last bigint := 0;
  upper_end bigint;
begin
  loop
    select max(id) into upper_end from (select id from messages where id > last order by id limit 5000) page;
    exit when upper_end is null;
    update messages set language = 'en' where id > last and id <= upper_end and language is null;
    last := upper_end;
    commit;
  end loop;
end
$$;
