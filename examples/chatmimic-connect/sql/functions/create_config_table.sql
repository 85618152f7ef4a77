create or replace function create_config_table() returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  create table if not exists public.user_configs (
    id serial primary key,
    user_id text unique,
    temperature float,
    max_tokens integer,
    full_config jsonb,
    created_at timestamptz default now(),
    updated_at timestamptz default now()
  );
  alter table public.user_configs enable row level security;
  drop trigger if exists update_user_configs_updated_at on public.user_configs;
  create trigger update_user_configs_updated_at
    before update on public.user_configs
    for each row execute function public.update_updated_at_column();
end
$$;
