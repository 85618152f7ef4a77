import { defineMigration, postgres, tenants } from 'lockstep'

/** What the API may not call with the public key. */
const execute = ['service_role']

/** The server's role passes row level security by; with no policies, nobody else sees a row. */
const withRowSecurity = (template: string) =>
  postgres.sql({
    on: tenants(template),
    up: 'alter table {table} enable row level security',
    down: `-- lockstep: allow rls-disabled-exposed because down gives back what was there
      alter table {table} disable row level security`,
    verify: "select 1 from pg_class where oid = '{table}'::regclass and not relrowsecurity",
  })

const indexName = "'user_embeddings_' || {key} || '_embedding_idx'"

/**
 * Every function that runs as its owner pins its search_path and is for the app's server alone. `match_documents` gets a
 * new signature; clients of the old one are answered by the new until `complete`. Every table gets row level security, and
 * the ivfflat indexes go, by which most of what is searched for was not found: a search reads the tenant's few rows instead,
 * until a migration of its own gives the large ones HNSW.
 */
export default defineMigration({
  summary: 'Functions and tables are safe to expose',
  steps: [
    postgres.replaceFunction('create_user_table', {
      file: 'sql/functions/create_user_table.sql',
      execute,
      allow: { 'tenant-shape': 'new tenants have HNSW from the start' },
    }),
    postgres.replaceFunction('create_config_table', { file: 'sql/functions/create_config_table.sql', execute }),
    postgres.replaceFunction('check_column_exists', { file: 'sql/functions/check_column_exists.sql', execute }),
    postgres.replaceFunction('add_jsonb_column', { file: 'sql/functions/add_jsonb_column.sql', execute }),
    postgres.replaceFunction('match_documents(vector, float, int, text)', {
      file: 'sql/functions/match_documents.sql',
      execute,
      shim: `select m.id, m.content, m.query_name, m.similarity
        from public.match_documents(table_name, query_embedding, match_threshold, match_count) m`,
    }),
    withRowSecurity('user_table'),
    withRowSecurity('user_embeddings'),
    postgres.sql({
      up: 'alter table public.user_configs enable row level security',
      down: `-- lockstep: allow rls-disabled-exposed because down gives back what was there
        alter table public.user_configs disable row level security`,
      verify: "select 1 from pg_class where oid = 'public.user_configs'::regclass and not relrowsecurity",
    }),
    postgres.sql({
      on: tenants('user_embeddings'),
      up: `-- lockstep: allow drop-index-not-concurrent because it takes milliseconds, and waits 500 ms for its lock at most
        do $do$ begin execute format('drop index if exists public.%I', ${indexName}); end $do$`,
      // Tenants that were born since have HNSW under that name.
      down: `-- lockstep: allow-file index-not-concurrent, drop-index-not-concurrent because it is built in milliseconds from few rows
        -- lockstep: allow-file ivfflat-on-empty because down gives back what was there
        do $do$ begin
          execute format('drop index if exists public.%I', ${indexName});
          execute format('create index %I on {table} using ivfflat (embedding public.vector_cosine_ops) with (lists = 100)',
            ${indexName});
        end $do$`,
      verify: `select 1 from pg_index i join pg_class c on c.oid = i.indexrelid join pg_am a on a.oid = c.relam
        where i.indrelid = '{table}'::regclass and a.amname = 'ivfflat'`,
    }),
  ],
})
