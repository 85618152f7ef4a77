-- Parameters are named with their function: inside an SQL function a column hides the parameter of the same name.
create or replace function check_column_exists(table_name text, column_name text) returns boolean
language sql
stable
security invoker
set search_path = ''
as $$
  select exists (
    select 1 from information_schema.columns c
     where c.table_schema = 'public'
       and c.table_name = check_column_exists.table_name
       and c.column_name = check_column_exists.column_name
  )
$$;
