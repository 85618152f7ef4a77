import { defineMigration, postgres } from 'lockstep'

/** What the API may not call with the public key. */
const execute = ['service_role']

/**
 * Every function that runs as its owner pins its search_path and is for the app's server alone. `match_documents` gets a
 * new signature; clients of the old one are answered by the new until `complete`.
 */
export default defineMigration({
  summary: 'Functions are safe to expose',
  steps: [
    postgres.replaceFunction('create_user_table', {
      file: 'sql/functions/create_user_table.sql',
      execute,
      allow: { 'tenant-shape': 'tenants from before have ivfflat until a migration of their own' },
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
  ],
})
