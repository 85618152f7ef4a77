import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { partitionDetach } from './partition-detach.ts'

describeSqlRule(partitionDetach, {
  finds: ['alter table events detach partition events_2024;'],
  leaves: [
    'alter table events detach partition events_2024 concurrently;',
    { sql: 'alter table events detach partition events_2024;', version: '13.1' },
  ],
  fixes: [
    [
      'alter table events detach partition events_2024;',
      'alter table events detach partition events_2024 concurrently;',
    ],
  ],
})
