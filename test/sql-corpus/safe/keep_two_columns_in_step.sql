-- expect: nothing
create or replace function copy_mail() returns trigger language plpgsql as $$
begin
  new.email := coalesce(new.email, new.mail);
  return new;
end
$$;
begin;
set local lock_timeout = '500ms';
create trigger copy_mail before insert or update on users for each row execute function copy_mail();
commit;
