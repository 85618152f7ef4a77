import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { backfillNoKey } from './backfill-no-key.ts'

describeSqlRule(backfillNoKey, {
  finds: ['create table events (at timestamptz, what text);'],
  leaves: [
    'create table events (id bigint generated always as identity primary key, at timestamptz);',
    `create table events (at timestamptz);
alter table events add column id bigint primary key;`,
    `create table events_2026 partition of events for values in ('a');`,
    'create temp table t (a int);',
    'create table copy (like events including all);',
  ],
})
