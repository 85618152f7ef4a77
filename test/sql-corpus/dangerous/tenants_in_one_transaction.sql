-- expect: lock-table-exhaustion, creator-not-migrated, table-name-not-md5, missing-lock-timeout
do $$
declare
  t text;
begin
  for t in select tablename from pg_tables where tablename like 'user_table_%' loop
    execute format('alter table public.%I add column language text', t);
  end loop;
end
$$;
