import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { indexDimLimit } from './index-dim-limit.ts'

describeSqlRule(indexDimLimit, {
  finds: [
    `create table docs (id bigint primary key, embedding vector(3072));
create index on docs using hnsw (embedding vector_cosine_ops);`,
    'create index concurrently i on docs using hnsw ((embedding::halfvec(8000)) halfvec_cosine_ops);',
  ],
  leaves: [
    `create table docs (id bigint primary key, embedding vector(3072));
create index on docs using hnsw ((embedding::halfvec(3072)) halfvec_cosine_ops);`,
    `create table docs (id bigint primary key, embedding vector(1536));
create index on docs using hnsw (embedding vector_cosine_ops);`,
  ],
})
