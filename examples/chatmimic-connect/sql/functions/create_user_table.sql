-- The index of the embeddings is HNSW, which needs no rows to be built from, unlike ivfflat.
create or replace function create_user_table(uid text) returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
  user_key text := md5(uid);
  settings text := 'user_table_' || user_key;
  embeddings text := 'user_embeddings_' || user_key;
begin
  execute format(
    'create table if not exists public.%I (
       id serial primary key,
       company_info jsonb,
       services jsonb,
       communication_style jsonb,
       business_processes jsonb,
       integrations jsonb,
       created_at timestamptz default now(),
       updated_at timestamptz default now()
     )', settings);
  execute format(
    'create table if not exists public.%I (
       id serial primary key,
       content text,
       embedding public.vector(1536),
       query_name text,
       created_at timestamptz default now()
     )', embeddings);
  execute format(
    'create index if not exists %I on public.%I using hnsw (embedding public.vector_cosine_ops)',
    embeddings || '_embedding_idx', embeddings);
  execute format('alter table public.%I enable row level security', settings);
  execute format('alter table public.%I enable row level security', embeddings);
  return true;
end
$$;
