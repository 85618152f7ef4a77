import { transactionOf } from '../../sql/flow.ts'
import type { At } from '../../sql/flow.ts'
import { runsAlone } from '../../sql/locks.ts'
import { defineSqlRule } from '../sql-rule.ts'
import type { Found } from '../sql-rule.ts'

export const concurrentlyInTx = defineSqlRule({
  name: 'concurrently-in-tx',
  summary: 'What must run outside of a transaction does',
  severity: 'error',
  why: 'Postgres refuses it in a transaction (25001); several statements sent at once are one transaction, too',
  fix: 'put it into a file of its own that the runner does not wrap, with nothing beside it',
  on: {
    IndexStmt: check,
    DropStmt: check,
    ReindexStmt: check,
    AlterTableStmt: check,
    VacuumStmt: check,
    CreatedbStmt: check,
    DropdbStmt: check,
  },
})

function check(_: object, at: At): Found {
  const what = runsAlone(at.statement)
  if (what === undefined) return undefined
  if (transactionOf(at) !== undefined)
    return { message: `${what} stands in a transaction, and Postgres will refuse it` }
  const sentTogether = /[\\/]supabase[\\/]migrations[\\/]/.test(`/${at.script.source.file ?? ''}`)
  const others = at.flow.filter((each) => each !== at.statement && each.tag !== 'VariableSetStmt')
  if (!sentTogether || others.length === 0) return undefined
  return {
    message: `${what} shares a file of supabase/migrations, whose statements are sent together`,
    severity: 'warning',
  }
}
