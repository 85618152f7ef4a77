import { settingAt } from '../../sql/flow.ts'
import type { At } from '../../sql/flow.ts'
import { runsAlone } from '../../sql/locks.ts'
import { isServed } from '../../sql/sql-facts.ts'
import { defineSqlRule } from '../sql-rule.ts'
import type { Found } from '../sql-rule.ts'

export const roleTimeout = defineSqlRule({
  name: 'role-timeout',
  summary: 'A long build lifts the limit of its role',
  severity: 'warning',
  why: 'on Supabase every role has a statement_timeout (two minutes and less), which ends the build and leaves an invalid index',
  fix: 'SET statement_timeout = 0 before it, on a connection of its own',
  on: { IndexStmt: check, ReindexStmt: check },
})

function check(_: object, at: At): Found {
  const what = runsAlone(at.statement)
  if (
    what === undefined ||
    at.script.source.timed === true ||
    !isServed(at) ||
    settingAt(at, 'statement_timeout') !== undefined
  )
    return undefined
  return { message: `${what} runs under the statement_timeout of its role` }
}
