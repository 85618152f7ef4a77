-- expect: self-comparison, ambiguous-column
create function check_column_exists(table_name text, column_name text) returns boolean language sql as $$
  select exists (
    select 1 from information_schema.columns where table_name = table_name and column_name = column_name
  )
$$;
