import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { unindexedFk } from './unindexed-fk.ts'

describeSqlRule(unindexedFk, {
  finds: [
    'create table orders (id bigint primary key, customer_id bigint references customers);',
    'create table lines (a int, b int, primary key (b, a), foreign key (a) references orders);',
  ],
  leaves: [
    `create table orders (id bigint primary key, customer_id bigint references customers);
create index on orders (customer_id);`,
    'create table lines (a int, b int, primary key (a, b), foreign key (a) references orders);',
  ],
})
