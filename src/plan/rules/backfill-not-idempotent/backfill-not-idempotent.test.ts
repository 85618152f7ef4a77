import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { backfillNotIdempotent } from './backfill-not-idempotent.ts'

describeSqlRule(backfillNotIdempotent, {
  finds: ['update prices set cents = cents * 100 where id between 1 and 5000;'],
  leaves: [
    'update prices set euros = cents / 100 where id between 1 and 5000;',
    'update prices set cents = cents * 100, converted = true where id between 1 and 5000 and converted is null;',
    `update counters set n = n + 1 where name = 'visits';`,
    'update users set name = lower(name) where id < 10 and id > 5;',
  ],
})
