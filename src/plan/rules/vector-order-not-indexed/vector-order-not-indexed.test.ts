import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { vectorOrderNotIndexed } from './vector-order-not-indexed.ts'

describeSqlRule(vectorOrderNotIndexed, {
  finds: [
    `select id, 1 - (embedding <=> '[1]') as similarity from docs order by similarity desc limit 10;`,
    `create function f(q vector, t text) returns setof record language plpgsql as $$ begin
  return query execute format('select id, 1 - (embedding <=> $1) as s from %I order by s desc limit 5', t) using q;
end $$;`,
  ],
  leaves: [
    `select id, 1 - (embedding <=> '[1]') as similarity from docs order by embedding <=> '[1]' limit 10;`,
    `select id, embedding <=> '[1]' as distance from docs order by distance limit 10;`,
    `select id, embedding <=> '[1]' as distance from docs order by id limit 10;`,
  ],
})
