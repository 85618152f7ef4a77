import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { invalidIndexLeftover } from './invalid-index-leftover.ts'

describeSqlRule(invalidIndexLeftover, {
  finds: ['create index concurrently if not exists i on t (a);'],
  leaves: [
    `drop index concurrently if exists i;
create index concurrently if not exists i on t (a);`,
    'create index concurrently i on t (a);',
    'create index if not exists i on t (a);',
  ],
})
