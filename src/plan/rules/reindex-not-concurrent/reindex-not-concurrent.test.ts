import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { reindexNotConcurrent } from './reindex-not-concurrent.ts'

describeSqlRule(reindexNotConcurrent, {
  finds: ['reindex table orders;', 'reindex index orders_pkey;', 'reindex schema public;'],
  leaves: ['reindex table concurrently orders;', 'reindex (concurrently) index orders_pkey;'],
  fixes: [['reindex table orders;', 'reindex table concurrently orders;']],
})
