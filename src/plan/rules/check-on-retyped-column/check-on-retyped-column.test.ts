import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { checkOnRetypedColumn } from './check-on-retyped-column.ts'

describeSqlRule(checkOnRetypedColumn, {
  finds: [
    `alter table orders add constraint total_positive check (total > 0) not valid;
alter table orders alter column total type bigint;`,
  ],
  leaves: [
    `alter table orders add constraint total_positive check (total > 0) not valid;
alter table orders drop constraint total_positive;
alter table orders alter column total type bigint;`,
    `alter table orders add constraint c check (other > 0) not valid;
alter table orders alter column total type bigint;`,
  ],
})
