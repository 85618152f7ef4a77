import { defineMigration, postgres, tenants } from 'lockstep'

/**
 * Ids of texts are handed out for good, so a serial column runs out of them at 2,147,483,647. They keep their name, their
 * primary key and their sequence; clients go on, and new tenants get bigint. `functions_are_safe` comes before: its
 * `match_documents` gives the id as an integer, whatever the column is. A later migration lets it give bigint.
 */
export default defineMigration({
  summary: 'Ids of embedded texts become bigint',
  steps: [postgres.convertColumn(tenants('user_embeddings'), 'id', { from: 'integer', to: 'bigint' })],
})
