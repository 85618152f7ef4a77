import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { duplicateIndex } from './duplicate-index.ts'

describeSqlRule(duplicateIndex, {
  finds: [
    `create index concurrently a on orders (customer_id);
create index concurrently b on orders (customer_id);`,
  ],
  leaves: [
    `create index concurrently a on orders (customer_id);
create index concurrently b on orders (customer_id, at);`,
    `create index concurrently a on orders (x);
drop index concurrently a;
create index concurrently b on orders (x);`,
  ],
})
