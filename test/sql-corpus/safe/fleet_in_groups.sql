-- expect: nothing
create or replace function create_user_table(p_uid text) returns void language plpgsql as $$
begin
  execute format('create table %I (id bigint primary key, language text)', 'user_table_' || md5(p_uid));
  execute format('alter table %I enable row level security', 'user_table_' || md5(p_uid));
end
$$;
set lock_timeout = '500ms';
do $$
declare
  t text;
begin
  for t in select tablename from pg_tables where tablename ~ '^user_table_[0-9a-f]{32}$' loop
    execute format('alter table %I add column if not exists language text', t);
    commit;
  end loop;
end
$$;
