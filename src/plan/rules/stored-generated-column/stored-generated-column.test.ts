import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { storedGeneratedColumn } from './stored-generated-column.ts'

describeSqlRule(storedGeneratedColumn, {
  finds: ['alter table users add column name_lower text generated always as (lower(name)) stored;'],
  leaves: [
    'alter table users add column name_lower text;',
    'create table users (name text, name_lower text generated always as (lower(name)) stored);',
    'alter table users add column name_lower text generated always as (lower(name)) virtual;',
  ],
})
