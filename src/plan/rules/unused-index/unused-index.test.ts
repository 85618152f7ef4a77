import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { unusedIndex } from './unused-index.ts'

describeSqlRule(unusedIndex, {
  finds: [],
  leaves: ['create index concurrently a on orders (customer_id);'],
})
