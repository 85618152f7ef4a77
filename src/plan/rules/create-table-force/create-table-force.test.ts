import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { createTableForce } from './create-table-force.ts'

describeSqlRule(createTableForce, {
  finds: [
    `drop table if exists orders;
create table orders (id bigint primary key);`,
  ],
  leaves: [
    'create table orders (id bigint primary key);',
    `drop table if exists scratch;
create temp table scratch (a int);`,
  ],
})
