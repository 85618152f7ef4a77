-- ChatMimic Connect: the Postgres side as its team has it today, before any migration.
--
-- The comments marked DEFECT name what is wrong on purpose: this file is the input of the example's migrations,
-- not a model to copy. Statements can be run again.

create extension if not exists vector;

-- The roles that Supabase brings along; created where the server is a plain Postgres.
do $roles$
begin
  if not exists (select 1 from pg_roles where rolname = 'anon') then
    create role anon nologin noinherit;
  end if;
  if not exists (select 1 from pg_roles where rolname = 'authenticated') then
    create role authenticated nologin noinherit;
  end if;
  if not exists (select 1 from pg_roles where rolname = 'service_role') then
    create role service_role nologin noinherit bypassrls;
  end if;
  if not exists (select 1 from pg_roles where rolname = 'authenticator') then
    create role authenticator login noinherit;
  end if;
end
$roles$;

grant anon, authenticated, service_role to authenticator;
grant usage on schema public to anon, authenticated, service_role;

create or replace function update_updated_at_column() returns trigger
language plpgsql
as $$
begin
  new.updated_at := now();
  return new;
end
$$;

-- DEFECT: security definer without a pinned search_path, and anyone may call it.
-- DEFECT: the settings of all users are in a table without row level security.
create or replace function create_config_table() returns void
language plpgsql
security definer
as $$
begin
  create table if not exists user_configs (
    id serial primary key,
    user_id text unique,
    temperature float,
    max_tokens integer,
    full_config jsonb,
    created_at timestamptz default now(),
    updated_at timestamptz default now()
  );
  drop trigger if exists update_user_configs_updated_at on user_configs;
  create trigger update_user_configs_updated_at
    before update on user_configs
    for each row execute function update_updated_at_column();
end
$$;

select create_config_table();

-- Called by the app when someone signs up; makes the two tables of that user.
-- DEFECT: security definer without a pinned search_path, and anyone may call it, with any uid.
-- DEFECT: row level security is switched off on both tables.
-- DEFECT: the ivfflat index is built on an empty table, so its 100 lists have no centroids worth having, and it
--         costs 1.6 MB a user before the first row.
-- DEFECT: "if not exists" takes a table of any other shape for a success.
-- DEFECT: user_table has updated_at but no trigger that sets it.
create or replace function create_user_table(uid text) returns boolean
language plpgsql
security definer
as $$
declare
  user_key text := md5(uid);
  settings text := 'user_table_' || user_key;
  embeddings text := 'user_embeddings_' || user_key;
begin
  execute format(
    'create table if not exists %I (
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
    'create table if not exists %I (
       id serial primary key,
       content text,
       embedding vector(1536),
       query_name text,
       created_at timestamptz default now()
     )', embeddings);
  -- 62 bytes; one byte more would be cut by the server without a word.
  execute format(
    'create index if not exists %I on %I using ivfflat (embedding vector_cosine_ops) with (lists = 100)',
    embeddings || '_embedding_idx', embeddings);
  execute format('alter table %I disable row level security', settings);
  execute format('alter table %I disable row level security', embeddings);
  return true;
end
$$;

-- The table_name argument is the user's uid, despite its name.
-- DEFECT: orders by the computed similarity instead of the distance operator, so no vector index is ever used.
-- DEFECT: security definer without a pinned search_path: anyone who knows a uid reads that user's texts.
create or replace function match_documents(
  query_embedding vector(1536),
  match_threshold float,
  match_count int,
  table_name text
) returns table (id int, content text, query_name text, similarity float)
language plpgsql
security definer
as $$
begin
  return query execute format(
    'select e.id, e.content, e.query_name, 1 - (e.embedding <=> $1) as similarity
       from %I e
      where 1 - (e.embedding <=> $1) > $2
      order by similarity desc
      limit $3', 'user_embeddings_' || md5(table_name))
    using query_embedding, match_threshold, match_count;
end
$$;

-- DEFECT: inside an SQL function a column hides the parameter of the same name, so each comparison is of a column
--         with itself, and the answer is always true.
create or replace function check_column_exists(table_name text, column_name text) returns boolean
language sql
security definer
as $$
  select exists (
    select 1 from information_schema.columns
     where table_name = table_name and column_name = column_name
  )
$$;

-- DEFECT: DDL as the owner of the tables, on any table, callable by anyone with the public key.
create or replace function add_jsonb_column(table_name text, column_name text) returns void
language plpgsql
security definer
as $$
begin
  execute format('alter table %I add column if not exists %I jsonb', table_name, column_name);
end
$$;
