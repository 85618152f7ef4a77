import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { exclusionConstraint } from './exclusion-constraint.ts'

describeSqlRule(exclusionConstraint, {
  finds: ['alter table bookings add constraint no_overlap exclude using gist (room with =, during with &&);'],
  leaves: ['create table bookings (room int, during tstzrange, exclude using gist (room with =, during with &&));'],
})
