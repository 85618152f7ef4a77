import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { dropNotNull } from './drop-not-null.ts'

describeSqlRule(dropNotNull, {
  finds: ['alter table users alter column email drop not null;'],
  leaves: ['alter table users alter column email drop default;'],
})
