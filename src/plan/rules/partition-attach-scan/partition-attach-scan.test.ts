import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { partitionAttachScan } from './partition-attach-scan.ts'

describeSqlRule(partitionAttachScan, {
  finds: [`alter table events attach partition events_2026 for values from ('2026-01-01') to ('2027-01-01');`],
  leaves: [
    `alter table events_2026 add constraint bounds check (at >= '2026-01-01' and at < '2027-01-01') not valid;
alter table events_2026 validate constraint bounds;
alter table events attach partition events_2026 for values from ('2026-01-01') to ('2027-01-01');`,
    `create table events_2027 (like events including all);
alter table events attach partition events_2027 for values from ('2027-01-01') to ('2028-01-01');`,
  ],
})
