import { allowancesOf } from '../../sql/allowances.ts'
import { defineSqlRule } from '../sql-rule.ts'

export const allowComment = defineSqlRule({
  name: 'allow-comment',
  summary: 'What is accepted is accepted by a rule that exists, with a reason',
  severity: 'error',
  why: 'a finding that is silenced without a reason is silenced for ever, and one silenced by a mistyped name is not',
  fix: 'write -- lockstep: allow RULE because REASON',
  script: (script, { isRule }) =>
    allowancesOf(script).flatMap(({ rules, reason, index }) => [
      ...(reason === '' ? [{ message: `${rules.join(', ') || 'a finding'} is accepted without a reason`, index }] : []),
      ...(rules.length === 0 ? [{ message: 'no rule is named', index }] : []),
      ...rules.filter((name) => !isRule(name)).map((name) => ({ message: `"${name}" is no lint rule`, index })),
    ]),
})
