import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { blockingAdvisoryWait } from './blocking-advisory-wait.ts'

describeSqlRule(blockingAdvisoryWait, {
  finds: ['select pg_advisory_lock(7);', 'do $$ begin perform pg_advisory_xact_lock(7); end $$;'],
  leaves: ['select pg_try_advisory_lock(7);'],
})
