import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { unqualifiedName } from './unqualified-name.ts'

describeSqlRule(unqualifiedName, {
  finds: ['alter table orders add column a int;', `create function f() returns int language sql as 'select 1';`],
  leaves: ['alter table shop.orders add column a int;', 'create temp table t (a int);'],
})
