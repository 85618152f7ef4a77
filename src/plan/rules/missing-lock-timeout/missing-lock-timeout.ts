import { shown } from '../../../sql/names.ts'
import { before, isNew, settingAt, transactionOf } from '../../sql/flow.ts'
import type { At } from '../../sql/flow.ts'
import { lockedTables } from '../../sql/locks.ts'
import { insertBefore } from '../../sql/words.ts'
import { defineSqlRule } from '../sql-rule.ts'
import type { Found } from '../sql-rule.ts'

export const missingLockTimeout = defineSqlRule({
  name: 'missing-lock-timeout',
  summary: 'A statement that waits for a lock waits under a lock_timeout',
  severity: 'warning',
  why: 'while it waits behind a long query, every later query of the table waits behind it; without a limit that is an outage',
  fix: "SET LOCAL lock_timeout = '500ms' in its transaction (SET outside of one), and try again on 55P03",
  on: Object.fromEntries(
    ['AlterTableStmt', 'IndexStmt', 'DropStmt', 'RenameStmt', 'CreateTrigStmt', 'CreatePolicyStmt', 'TruncateStmt'].map(
      (tag) => [tag, check],
    ),
  ),
})

function check(_: object, at: At): Found {
  if (at.script.source.timed === true || (settingAt(at, 'lock_timeout') ?? '0') !== '0') return undefined
  const table = lockedTables(at.statement).find((name) => !isNew(at, name))
  if (table === undefined || isRepeated(at)) return undefined
  const first = transactionOf(at)?.[0]
  const edits =
    transactionOf(at) === undefined || first === undefined
      ? insertBefore(at, "set lock_timeout = '500ms';")
      : insertBefore(at, "set local lock_timeout = '500ms';")
  return { message: `${shown(table)} is locked without a limit to the wait`, edits }
}

/** Told once for what runs under the same settings. */
function isRepeated(at: At): boolean {
  const together = transactionOf(at)
  const others = together === undefined ? before(at) : before(at).filter((each) => together.includes(each))
  return others.some((each) =>
    lockedTables(each).some((name) => !isNew({ ...at, index: at.flow.indexOf(each), statement: each }, name)),
  )
}
