import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { jsonColumn } from './json-column.ts'

describeSqlRule(jsonColumn, {
  finds: ['alter table orders add column extra json;', 'create table t (a int, b json);'],
  leaves: ['alter table orders add column extra jsonb;'],
  fixes: [['create table t (a int, b JSON not null);', 'create table t (a int, b jsonb not null);']],
})
