import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { primaryKeyDirect } from './primary-key-direct.ts'

describeSqlRule(primaryKeyDirect, {
  finds: ['alter table events add primary key (id);', 'alter table events add column id bigint primary key;'],
  leaves: [
    `create unique index concurrently events_id on events (id);
alter table events add constraint events_pkey primary key using index events_id;`,
    `create table events (id int);
alter table events add primary key (id);`,
  ],
})
