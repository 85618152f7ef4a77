import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { columnTypeRewrite } from './column-type-rewrite.ts'

describeSqlRule(columnTypeRewrite, {
  finds: [
    'alter table orders alter column id type bigint;',
    'alter table orders alter column note type jsonb using note::jsonb;',
  ],
  leaves: [
    'alter table orders alter column note type text;',
    `create table orders (id int);
alter table orders alter id type bigint;`,
  ],
})
