import { defineConfig, firestore } from 'lockstep'

export default defineConfig({
  environments: {
    local: {
      kind: 'local',
      firestore: { projectId: 'demo-chatmimic' },
      postgres: { url: { env: 'DATABASE_URL' } },
    },
    production: {
      kind: 'production',
      firestore: { projectId: 'chatmimic-example' },
      postgres: { url: { env: 'PRODUCTION_DATABASE_URL' } },
    },
  },
  defaultEnvironment: 'local',
  tenants: {
    source: firestore.documents('Users'),
    key: 'md5',
    tables: { user_table: 'user_table_{key}', user_embeddings: 'user_embeddings_{key}' },
    provision: 'create_user_table(text)',
  },
})
