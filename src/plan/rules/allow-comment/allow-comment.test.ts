import { describeSqlRule } from '../../../../test/lint/sql-rule.ts'
import { allowComment } from './allow-comment.ts'

describeSqlRule(allowComment, {
  finds: [
    `-- lockstep: allow known-rule
drop table orders;`,
    `-- lockstep: allow known-role because nobody reads it
drop table orders;`,
    `-- lockstep: allow because nobody reads it
drop table orders;`,
    `/* lockstep: allow-file known-rule because */
select 1;`,
  ],
  leaves: [
    `-- lockstep: allow known-rule because nobody has read it since 2.3
drop table orders;`,
    `-- lockstep is a tool that allows
drop table orders;`,
  ],
})
