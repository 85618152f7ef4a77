import { shown } from '../../../sql/names.ts'
import { isNew, transactionOf } from '../../sql/flow.ts'
import type { At } from '../../sql/flow.ts'
import { lockedTables } from '../../sql/locks.ts'
import { defineSqlRule } from '../sql-rule.ts'
import type { Found } from '../sql-rule.ts'

export const multiTableDdlOneTx = defineSqlRule({
  name: 'multi-table-ddl-one-tx',
  summary: 'One transaction locks few tables',
  severity: 'warning',
  why: 'every lock is kept until the commit, so that the first table waits for the last, and two such transactions can wait for each other',
  fix: 'one transaction a table, or small groups that always come in the same order',
  on: { AlterTableStmt: check, DropStmt: check, TruncateStmt: check, IndexStmt: check, RenameStmt: check },
})

const most = 3

function check(_: object, at: At): Found {
  const together = transactionOf(at)
  if (together === undefined || at.statement.origin !== 'script') return undefined
  const upTo = (index: number): ReadonlySet<string> =>
    new Set(
      together
        .filter((each) => at.flow.indexOf(each) <= index)
        .flatMap((each) =>
          lockedTables(each).filter((name) => !isNew({ ...at, index: at.flow.indexOf(each), statement: each }, name)),
        ),
    )
  const [earlier, now] = [upTo(at.index - 1), upTo(at.index)]
  if (earlier.size > most || now.size <= most) return undefined
  return { message: `this transaction locks ${now.size} tables by now: ${[...now].map(shown).join(', ')}` }
}
