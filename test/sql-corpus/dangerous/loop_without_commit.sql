-- expect: do-block-backfill
do $$
declare
  r record;
begin
  for r in select id from users where language is null loop
    update users set language = 'en' where id = r.id;
  end loop;
end
$$;
