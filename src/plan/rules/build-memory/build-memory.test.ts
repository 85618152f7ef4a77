import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { buildMemory } from './build-memory.ts'

describeSqlRule(buildMemory, {
  finds: ['create index concurrently i on docs using hnsw (embedding vector_cosine_ops);'],
  leaves: [
    `set maintenance_work_mem = '2GB';
create index concurrently i on docs using hnsw (embedding vector_cosine_ops);`,
    'create index concurrently i on docs (a);',
  ],
})
