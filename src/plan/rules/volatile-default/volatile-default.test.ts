import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { volatileDefault } from './volatile-default.ts'

describeSqlRule(volatileDefault, {
  finds: [
    'alter table users add column token uuid default gen_random_uuid();',
    'alter table users add column seen timestamptz not null default clock_timestamp();',
    { sql: 'alter table users add column a int default 1;', version: '10.9' },
  ],
  leaves: [
    `alter table users add column token uuid;
alter table users alter column token set default gen_random_uuid();`,
    'alter table users add column seen timestamptz default now();',
    `alter table users add column language text not null default 'en';`,
    `create table t (a int);
alter table t add column b uuid default gen_random_uuid();`,
  ],
})
