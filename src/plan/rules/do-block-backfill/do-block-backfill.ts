import { transactionOf } from '../../sql/flow.ts'
import type { At } from '../../sql/flow.ts'
import { defineSqlRule } from '../sql-rule.ts'
import type { Found } from '../sql-rule.ts'

export const doBlockBackfill = defineSqlRule({
  name: 'do-block-backfill',
  summary: 'A backfill is driven from outside of the database',
  severity: 'error',
  why: 'the block is one transaction: rows stay locked until its end, and a failure near the end loses all of it',
  fix: 'let the runner send the batches, each in a transaction of its own with a checkpoint, as Lockstep does; at the least COMMIT in the loop, outside of a transaction',
  on: { UpdateStmt: check, DeleteStmt: check, InsertStmt: check },
})

function check(_: object, at: At): Found {
  const { origin, inLoop } = at.statement
  if (origin !== 'do' || !inLoop || transactionOf(at) === undefined) return undefined
  return { message: 'rows are written in a loop of a DO block that never commits' }
}
