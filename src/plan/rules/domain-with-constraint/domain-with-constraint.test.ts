import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { domainWithConstraint } from './domain-with-constraint.ts'

describeSqlRule(domainWithConstraint, {
  finds: [
    `create domain email as text check (value like '%@%');`,
    'alter domain email add constraint short check (length(value) < 200);',
  ],
  leaves: [
    'create domain email as text;',
    'alter domain email add constraint short check (length(value) < 200) not valid;',
  ],
})
