-- expect: nothing
create table drafts (id bigint primary key, body text, updated_at timestamptz not null default now());
create function touch_draft() returns trigger language plpgsql as $$
begin
  new.updated_at := now();
  return new;
end
$$;
create trigger touch_draft before update on drafts for each row execute function touch_draft();
