-- Only tenants' tables, only by the server of the app.
create or replace function add_jsonb_column(table_name text, column_name text) returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  if table_name !~ '^user_table_[0-9a-f]{32}$' then
    raise exception 'not a tenant''s table: %', table_name using errcode = '42501';
  end if;
  execute format('alter table public.%I add column if not exists %I jsonb', table_name, column_name);
end
$$;
