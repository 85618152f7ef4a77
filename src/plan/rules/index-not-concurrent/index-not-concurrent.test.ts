import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { indexNotConcurrent } from './index-not-concurrent.ts'

describeSqlRule(indexNotConcurrent, {
  finds: [
    'create index orders_by_customer on orders (customer_id);',
    'create unique index on shop.orders using hash (id);',
    `begin;
create index i on orders (a);
commit;`,
    `do $$ begin
  create index i on orders (a);
end $$;`,
    { sql: 'create index i on orders (a);', rows: 20000 },
  ],
  leaves: [
    'create index concurrently orders_by_customer on orders (customer_id);',
    `create table orders (a int);
create index on orders (a);`,
    `create table if not exists public.orders (a int);
create index on orders (a);`,
    `create temp table t as select 1 as a;
create index on t (a);`,
    'create function f() returns void language sql as $$ create index on orders (a) $$;',
  ],
  fixes: [
    ['create unique index i on orders (a);', 'create unique index concurrently i on orders (a);'],
    [
      `begin;
create table orders (a int);
commit;
create /* why */ index on users (a);`,
      `begin;
create table orders (a int);
commit;
create /* why */ index concurrently on users (a);`,
    ],
  ],
})
