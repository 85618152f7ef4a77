import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { opclassMismatch } from './opclass-mismatch.ts'

describeSqlRule(opclassMismatch, {
  finds: [
    `create index concurrently i on docs using hnsw (embedding vector_l2_ops);
create function nearest(q vector) returns setof docs language sql as $$
  select * from docs order by embedding <=> q limit 10
$$;`,
  ],
  leaves: [
    `create index concurrently i on docs using hnsw (embedding vector_cosine_ops);
create function nearest(q vector) returns setof docs language sql as $$
  select * from docs order by embedding <=> q limit 10
$$;`,
    `select * from docs order by embedding <=> '[1,2]' limit 10;`,
  ],
})
