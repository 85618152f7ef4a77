import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { replicaIdentityOrDisableTrigger } from './replica-identity-or-disable-trigger.ts'

describeSqlRule(replicaIdentityOrDisableTrigger, {
  finds: [
    'alter table orders disable trigger all;',
    'alter table orders replica identity nothing;',
    'set session_replication_role = replica;',
    'alter table orders disable trigger touch;',
  ],
  leaves: ['alter table orders replica identity full;', 'alter table orders enable trigger touch;'],
})
