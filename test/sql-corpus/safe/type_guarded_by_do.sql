-- expect: nothing
do $$
begin
  if not exists (select 1 from pg_type where typname = 'mood') then
    create type mood as enum ('happy', 'calm');
  end if;
end
$$;
