import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { createTableIfNotExists } from './create-table-if-not-exists.ts'

describeSqlRule(createTableIfNotExists, {
  finds: [
    'create table if not exists orders (id bigint primary key);',
    `create function f(a text) returns void language plpgsql as $$ begin
  execute format('create table if not exists %I (id int)', a);
end $$;`,
  ],
  leaves: ['create table orders (id bigint primary key);'],
})
