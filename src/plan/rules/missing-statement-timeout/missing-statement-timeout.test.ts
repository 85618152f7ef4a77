import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { missingStatementTimeout } from './missing-statement-timeout.ts'

describeSqlRule(missingStatementTimeout, {
  finds: ['alter table orders add column note text;'],
  leaves: [
    `set statement_timeout = '30s';
alter table orders add column note text;`,
    `create table orders (id int);
alter table orders add column note text;`,
    { sql: 'alter table orders add column note text;', timed: true },
  ],
})
