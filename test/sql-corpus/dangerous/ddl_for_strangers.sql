-- expect: dynamic-ddl-definer, function-default-public-execute
create function add_json_column(p_table text, p_column text) returns void
language plpgsql security definer set search_path = '' as $$
begin
  execute 'alter table public.' || quote_ident(p_table) || ' add column ' || quote_ident(p_column) || ' jsonb';
end
$$;
