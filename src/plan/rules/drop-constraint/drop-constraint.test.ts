import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { dropConstraint } from './drop-constraint.ts'

describeSqlRule(dropConstraint, {
  finds: ['alter table orders drop constraint orders_customer_fkey;'],
  leaves: [
    `alter table users add constraint email_set check (email is not null) not valid;
alter table users validate constraint email_set;
alter table users alter column email set not null;
alter table users drop constraint email_set;`,
  ],
})
