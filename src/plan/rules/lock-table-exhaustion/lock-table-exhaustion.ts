import { transactionOf } from '../../sql/flow.ts'
import type { At } from '../../sql/flow.ts'
import { defineSqlRule } from '../sql-rule.ts'
import type { Found } from '../sql-rule.ts'

export const lockTableExhaustion = defineSqlRule({
  name: 'lock-table-exhaustion',
  summary: 'A transaction over many tables stays far below the lock table of the server',
  severity: 'error',
  why: 'each table and index takes a place among some six thousand that all sessions share: others fail with "out of shared memory" (53200)',
  fix: 'groups of at most fifty tables, each in a transaction of its own, as Lockstep does for tenants',
  on: {
    AlterTableStmt: check,
    CreateStmt: check,
    DropStmt: check,
    IndexStmt: check,
    CreatePolicyStmt: check,
    CreateTrigStmt: check,
    TruncateStmt: check,
  },
})

function check(_: object, at: At): Found {
  const { origin, inLoop, dynamic } = at.statement
  if (origin !== 'do' || !inLoop || !dynamic || transactionOf(at) === undefined) return undefined
  return { message: 'one transaction changes as many tables as the loop finds' }
}
