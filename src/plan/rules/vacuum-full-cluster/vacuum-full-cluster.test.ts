import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { vacuumFullCluster } from './vacuum-full-cluster.ts'

describeSqlRule(vacuumFullCluster, {
  finds: ['vacuum full orders;', 'vacuum (full, analyze);', 'cluster orders using orders_pkey;'],
  leaves: ['vacuum (analyze) orders;'],
})
