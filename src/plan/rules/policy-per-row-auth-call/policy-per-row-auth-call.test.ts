import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { policyPerRowAuthCall } from './policy-per-row-auth-call.ts'

describeSqlRule(policyPerRowAuthCall, {
  finds: [
    'create policy own on notes for select using (user_id = auth.uid());',
    `create policy own on notes using (current_setting('app.user') = owner);`,
    `create policy admins on notes using ((select auth.jwt()) -> 'user_metadata' ->> 'role' = 'admin');`,
  ],
  leaves: [
    'create policy own on notes for select to authenticated using (user_id = (select auth.uid()));',
    'create policy open on notes for select using (published);',
  ],
})
