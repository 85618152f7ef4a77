import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { cascadeAnywhere } from './cascade-anywhere.ts'

describeSqlRule(cascadeAnywhere, {
  finds: ['drop type mood cascade;', 'alter table users drop constraint users_pkey cascade;', 'drop owned by ada;'],
  leaves: ['drop type mood;'],
})
