import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { ivfflatOnEmpty } from './ivfflat-on-empty.ts'

describeSqlRule(ivfflatOnEmpty, {
  finds: [
    `create table docs (id bigint primary key, embedding vector(1536));
create index on docs using ivfflat (embedding vector_cosine_ops) with (lists = 100);`,
    `create function make(a text) returns void language plpgsql as $$ begin
  execute format('create index on %I using ivfflat (embedding vector_cosine_ops)', a);
end $$;`,
    { sql: 'create index concurrently i on docs using ivfflat (embedding vector_cosine_ops);', rows: 12 },
  ],
  leaves: [
    `create table docs (id bigint primary key, embedding vector(1536));
create index on docs using hnsw (embedding vector_cosine_ops);`,
    'create index concurrently i on docs using ivfflat (embedding vector_cosine_ops);',
  ],
})
